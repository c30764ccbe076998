// The supervisor as a process of its own, as the command starts it: <home> [vCPUs] [entrypoint].
import { fileURLToPath } from 'node:url';
import { localHome } from '../src/local/home.ts';
import { runSupervisor } from '../src/local/supervisor.ts';

const [directory = '', capacity = '2', entrypoint] = process.argv.slice(2);
const double = fileURLToPath(new URL('./entrypoint-double.mjs', import.meta.url));

await runSupervisor({
  home: localHome(directory),
  entrypoint: entrypoint === undefined ? [process.execPath, double] : [entrypoint],
  variables: { OPENEVOLVE_PYTHON: '/usr/bin/python3' },
  capacity: Number(capacity),
  report: (line) => process.stderr.write(`${line}\n`),
});
process.exit();
