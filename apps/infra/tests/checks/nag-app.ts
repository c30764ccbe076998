import { type StackConfig, stackConfigSchema } from '@openevolve-aws/job-spec';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { addEnvironment, newApp } from '../../src/app.ts';

// Run by checks.test.ts: findings end a process, so it is not the test's own.
const app = newApp();
const config: StackConfig = stackConfigSchema.parse(JSON.parse(process.argv[2] ?? ''));
addEnvironment(app, config);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
