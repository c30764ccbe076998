import { startMinio, startVersitygw } from '@openevolve-aws/test-servers';
import { s3Suite } from './s3-suite.ts';

s3Suite('versitygw', startVersitygw);
s3Suite('MinIO', startMinio);
