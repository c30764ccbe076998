import { type StackConfig, stackConfigSchema } from '@openevolve-aws/job-spec';
import { type Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { addEnvironment, newApp } from '../src/app.ts';

/** The guide's variables, with users whose names begin alike. */
export const guideConfig = {
  version: 1,
  region: 'us-east-1',
  users: ['alice', 'alice2', 'bob'],
  alertEmail: 'your-email@example.com',
  monthlyBudgetUsd: 200,
  maxVcpus: 256,
} as const;

/** Stacks by their id in the app, from the guide's configuration with changes. */
export function synthesize(changes: Partial<StackConfig> = {}): Record<string, Template> {
  const app = newApp();
  addEnvironment(app, stackConfigSchema.parse({ ...guideConfig, ...changes }));
  return Object.fromEntries(
    app.node.children
      .filter((child): child is Stack => 'templateFile' in child && !Stage.isStage(child))
      .map((stack) => [stack.node.id, Template.fromStack(stack)]),
  );
}

/** The template of an environment's first stack. */
export function mainTemplate(changes: Partial<StackConfig> = {}): Template {
  const { OpenEvolve } = synthesize(changes);
  if (!OpenEvolve) {
    throw new TypeError('an environment has a stack called OpenEvolve');
  }
  return OpenEvolve;
}

/** Properties of the only resource of a type whose logical id matches. */
export function propertiesOf(template: Template, type: string, id = /./) {
  const found = Object.entries(template.findResources(type)).filter(([name]) => id.test(name));
  const [only] = found;
  if (!only || found.length > 1) {
    throw new TypeError(`${found.length} resources of type ${type} match ${id}`);
  }
  return only[1].Properties;
}
