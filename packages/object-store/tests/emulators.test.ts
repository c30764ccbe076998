import { startMinistack, startMoto } from '@openevolve-aws/test-servers';
import { s3Suite } from './s3-suite.ts';

s3Suite('moto', startMoto);
s3Suite('ministack', startMinistack);
