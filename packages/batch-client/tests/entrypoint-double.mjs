// Stands for the entrypoint: does what the job's name says, since only exit codes, signals and the
// environment matter to a supervisor.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, watch } from 'node:fs';
import { fileURLToPath } from 'node:url';

const prefix = fileURLToPath(process.env.S3_INPUT_PREFIX);
const { name } = JSON.parse(readFileSync(`${prefix}/job.json`, 'utf8'));
const attempt = Number(process.env.AWS_BATCH_JOB_ATTEMPT);

/** Runs once a file is there. */
function whenThere(folder, file, action) {
  const look = () => existsSync(`${folder}/${file}`) && action();
  watch(folder, look);
  look();
}

function stop(why) {
  console.log(`stopping: ${why}`);
  if (name === 'saves-until-released') {
    whenThere(prefix, 'release', () => process.exit(75));
  } else {
    process.exit(75);
  }
}

process.on('SIGTERM', () => stop('SIGTERM'));
process.stdin.on('end', () => stop('parent lost'));
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
  case 'bad-program-when-noticed': {
    const notice = process.env.OPENEVOLVE_NOTICE_FILE;
    const slash = notice.lastIndexOf('/');
    whenThere(notice.slice(0, slash), notice.slice(slash + 1), () => process.exit(65));
    break;
  }
  case 'shows-environment':
    console.log(JSON.stringify(process.env));
    process.exit(0);
    break;
  case 'leaves-a-writer':
    // In a session of its own, so that it outlives its group.
    spawn('sh', ['-c', 'i=0; while [ $i -lt 500 ] && mkdir "$i"; do i=$((i+1)); done'], {
      detached: true,
      stdio: 'ignore',
    }).once('spawn', () => process.exit(0));
    break;
  case 'ends-when-released':
    whenThere(prefix, 'release', () => process.exit(attempt === 1 ? 75 : 0));
    break;
  case 'sleeps':
  case 'saves-until-released':
    if (attempt > 1) process.exit(0);
    setInterval(() => undefined, 1000);
    break;
}
