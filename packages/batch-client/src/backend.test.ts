import { AwsMachine } from '../tests/aws-machine.ts';
import { backendContract } from '../tests/backend-contract.ts';
import { LocalMachine } from '../tests/local-machine.ts';

backendContract('the local backend', () => LocalMachine.open());
backendContract('the AWS backend', () => AwsMachine.open());
