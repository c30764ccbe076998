import type { StackConfig } from '@openevolve-aws/job-spec';
import { App } from 'aws-cdk-lib';
import { featureFlags } from './feature-flags.ts';
import { OpenEvolveStack } from './openevolve-stack.ts';
import { UsersStack } from './users-stack.ts';

/** A CDK app whose feature flags are fixed, whatever the command line says. */
export function newApp(): App {
  return new App({ postCliContext: { ...featureFlags } });
}

/**
 * Adds the stacks of an environment to an app: `OpenEvolve`, and `Users1`, `Users2` and so on for
 * further groups of users. The account is that of the deploying credentials.
 *
 * @example
 * const app = newApp();
 * addEnvironment(app, await readStackConfig('openevolve.config.json'));
 * app.synth(); // writes the templates into the folder that the CDK asked for
 */
export function addEnvironment(app: App, config: StackConfig): OpenEvolveStack {
  const main = new OpenEvolveStack(app, 'OpenEvolve', { config });
  for (const [position, users] of config.moreUsers.entries()) {
    const number = position + 1;
    new UsersStack(app, `Users${number}`, { config, number, users, commons: main.commons });
  }
  return main;
}
