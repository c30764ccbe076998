// Stands for the entrypoint: does what the job's name says, since only exit codes, signals and the
// environment matter to a supervisor.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const prefix = fileURLToPath(process.env.S3_INPUT_PREFIX);
const { name } = JSON.parse(readFileSync(`${prefix}/job.json`, 'utf8'));
const attempt = Number(process.env.AWS_BATCH_JOB_ATTEMPT);

process.on('SIGTERM', () => {
  console.log('stopping: SIGTERM');
  process.exit(75);
});
process.stdin.on('end', () => {
  console.log('stopping: parent lost');
  process.exit(75);
});
process.stdin.resume();
console.log(`attempt ${attempt} of ${name}`);

switch (name) {
  case 'succeeds':
    process.exit(0);
    break;
  case 'interrupted-once':
    process.exit(attempt === 1 ? 75 : 0);
    break;
  case 'bad-program':
    process.exit(65);
    break;
  case 'shows-environment':
    console.log(JSON.stringify(process.env));
    process.exit(0);
    break;
  case 'sleeps':
    if (attempt > 1) process.exit(0);
    setInterval(() => undefined, 1000);
    break;
}
