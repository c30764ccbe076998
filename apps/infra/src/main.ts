import { addEnvironment, newApp } from './app.ts';
import { InfraError } from './errors.ts';
import { CONFIG_FILE, readStackConfig } from './read-config.ts';

const app = newApp();
const file: unknown = app.node.tryGetContext('config') ?? CONFIG_FILE;
try {
  addEnvironment(app, await readStackConfig(String(file)));
  app.synth();
} catch (error) {
  if (!(error instanceof InfraError)) {
    throw error;
  }
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}
