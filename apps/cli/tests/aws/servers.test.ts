import { startMinio, startMinistack } from '@openevolve-aws/test-servers';
import { jobsOnAws } from './jobs-on-aws.ts';

jobsOnAws('ministack', startMinistack);
jobsOnAws('MinIO', startMinio);
