// `openevolve-infra` on the app as an emulator can take it, which is named first.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

const [emulator = '', ...words] = process.argv.splice(2);
process.argv.push(...words);
if (words[0] === 'plan') {
  await import('../../src/bin.ts');
} else {
  const cdk = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
  const app = path.join(import.meta.dirname, 'emulator-app.ts');
  const position = words.indexOf('--config');
  const [, file = ''] = words.splice(position, 2);
  const ownApp = [
    ...['--app', `${process.execPath} --conditions=@openevolve-aws/source ${app} ${emulator}`],
    ...['--context', `config=${file}`],
  ];
  const { status } = spawnSync(
    process.execPath,
    [cdk, ...words, ...(words.includes('--app') ? [] : ownApp)],
    { stdio: 'inherit' },
  );
  process.exitCode = status ?? 1;
}
