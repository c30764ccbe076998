// The entrypoint's bundle, and the Python runner beside it.
import { cp, readdir } from 'node:fs/promises';
import { bundle } from '../../tools/bundle/bundle.mjs';

await bundle();

const shipped = /^(__main__\.py|openevolve_runner|requirements\.txt)$/;
for (const name of await readdir('runner')) {
  if (shipped.test(name)) {
    await cp(`runner/${name}`, `dist/runner/${name}`, {
      recursive: true,
      filter: (source) => !source.includes('__pycache__'),
    });
  }
}
