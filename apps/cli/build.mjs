// The command's bundle, the entrypoint's bundle for jobs on this machine, and the quickstart's files.
import { chmod, cp } from 'node:fs/promises';
import { bundle } from '../../tools/bundle/bundle.mjs';

await bundle();
await chmod('dist/main.js', 0o755);
await cp('../entrypoint/dist', 'dist/entrypoint', { recursive: true });
await cp('../../examples/function-minimization', 'dist/quickstart', { recursive: true });
