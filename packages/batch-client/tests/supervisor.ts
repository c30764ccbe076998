// The supervisor as a process of its own, as the command starts it.
import { fileURLToPath } from 'node:url';
import { localHome } from '../src/local/home.ts';
import { runSupervisor } from '../src/local/supervisor.ts';

await runSupervisor({
  home: localHome(process.argv[2] ?? ''),
  entrypoint: [
    process.execPath,
    fileURLToPath(new URL('./entrypoint-double.mjs', import.meta.url)),
  ],
  variables: { OPENEVOLVE_PYTHON: '/usr/bin/python3' },
  capacity: 2,
  report: (line) => process.stderr.write(`${line}\n`),
});
