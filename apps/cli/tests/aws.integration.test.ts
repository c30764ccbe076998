import { jobsOnAws } from './aws/jobs-on-aws.ts';

jobsOnAws('moto');
