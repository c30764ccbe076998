export { createApp } from './app.ts';
export type { InfraErrorCode } from './errors.ts';
export { InfraError } from './errors.ts';
export { featureFlags } from './feature-flags.ts';
export type { JobRetry } from './job-retry.ts';
export { jobRetry } from './job-retry.ts';
export type { OpenEvolveStackProps } from './openevolve-stack.ts';
export { OpenEvolveStack } from './openevolve-stack.ts';
export { Storage } from './storage.ts';
