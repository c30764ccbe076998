import { App } from 'aws-cdk-lib';
import { featureFlags } from './feature-flags.ts';
import { OpenEvolveStack } from './openevolve-stack.ts';

/**
 * The CDK app. The context value `environment` names the installation (default `prod`); account and
 * region are those of the deploying credentials.
 *
 * @throws {InfraError} `INVALID_ENVIRONMENT`.
 * @example
 * createApp().synth(); // writes the templates into the folder that the CDK asked for
 */
export function createApp(): App {
  const app = new App({ postCliContext: { ...featureFlags } });
  const environment: unknown = app.node.tryGetContext('environment') ?? 'prod';
  new OpenEvolveStack(app, 'OpenEvolve', { environment: String(environment) });
  return app;
}
