import { describeIssues, type Settings, settingsSchema } from '@openevolve-aws/job-spec';
import { awsClients } from '../aws/clients.ts';
import type { AwsClients } from '../aws/ports.ts';
import type { CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { readParameter, settingsParameter } from './deployed-settings.ts';
import { profileFile, readProfile } from './profile.ts';
import { ownRegion, REGION_VARIABLES } from './region.ts';

/** Where a setting came from. */
export type SettingsSource = 'flag' | 'variable' | 'profile' | 'aws' | 'parameter' | 'default';

export interface LoadedSettings {
  readonly settings: Settings;
  /** Of each setting, for people: `OPENEVOLVE_JOB_QUEUE`, the profile's file, the parameter. */
  readonly origins: Readonly<Partial<Record<keyof Settings, SettingOrigin>>>;
}

export interface SettingOrigin {
  readonly source: SettingsSource;
  readonly name: string;
}

export type SettingFlags = Readonly<
  Partial<Record<Exclude<keyof Settings, 'version'>, string | undefined>>
>;

export interface LoadOptions extends CallOptions {
  /** From the command line, before all else. */
  readonly flags?: SettingFlags | undefined;
  /** The process's environment without it. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined;
  /** Which profile; `OPENEVOLVE_PROFILE` or `default` without it. */
  readonly profile?: string | undefined;
  readonly clients?: ((region: string) => Pick<AwsClients, 'ssm'>) | undefined;
  /** Asked when nothing else says the region; by default the SDK's own chain, `AWS_PROFILE` included. */
  readonly defaultRegion?: (() => Promise<string | null>) | undefined;
}

/** The guide's variables, and two of ours. Any but the region's asks for AWS. */
const VARIABLES: Readonly<Partial<Record<keyof Settings, readonly string[]>>> = {
  environment: ['OPENEVOLVE_ENVIRONMENT'],
  region: REGION_VARIABLES,
  inputBucket: ['OPENEVOLVE_INPUT_BUCKET'],
  outputBucket: ['OPENEVOLVE_OUTPUT_BUCKET'],
  jobQueue: ['OPENEVOLVE_JOB_QUEUE'],
  jobDefinition: ['OPENEVOLVE_JOB_DEFINITION'],
  owner: ['OPENEVOLVE_OWNER'],
};
const REQUIRED = ['inputBucket', 'outputBucket', 'jobQueue', 'jobDefinition'] as const;
const DEFAULT_ENVIRONMENT = 'prod';

/**
 * Where jobs go, setting by setting, the first that says it: flags, the guide's variables, the
 * profile, and the parameter that the deployed stack wrote, which is only asked for what is missing.
 *
 * @returns null when nothing asks for AWS: neither flag, variable nor profile.
 * @throws {BatchClientError} `INVALID_INPUT` when a setting is missing or wrong, naming it and where
 *   it can be set.
 * @example
 * const loaded = await loadSettings({ flags: { environment: 'test' } });
 * console.log(loaded?.settings.jobQueue, loaded?.origins.jobQueue?.name);
 */
export async function loadSettings(options: LoadOptions = {}): Promise<LoadedSettings | null> {
  const { flags = {}, variables = process.env, signal } = options;
  const found: Partial<Record<string, unknown>> = {};
  const origins: Partial<Record<string, SettingOrigin>> = {};
  const take = (
    values: Readonly<Record<string, unknown>>,
    originOf: (key: string) => SettingOrigin,
  ) => {
    for (const [key, value] of Object.entries(values)) {
      if (value !== undefined && value !== '' && key !== 'version' && !(key in found)) {
        found[key] = value;
        origins[key] = originOf(key);
      }
    }
  };

  take(flags, (key) => ({
    source: 'flag',
    name: `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  }));
  for (const [key, names] of Object.entries(VARIABLES)) {
    const name = names.find((one) => variables[one]);
    if (name !== undefined) {
      take({ [key]: variables[name] }, () => ({ source: 'variable', name }));
    }
  }
  const file = profileFile(variables, options.profile);
  const profile = await readProfile(file);
  if (profile === null && options.profile !== undefined) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `There is no profile ${options.profile} (${file}): 'openevolve-aws configure' writes one.`,
    );
  }
  // A region alone is set on many machines and asks for nothing.
  if (profile === null && Object.keys(found).every((key) => key === 'region' || key === 'owner')) {
    return null;
  }
  take(profile ?? {}, () => ({ source: 'profile', name: file }));

  const environment = String(found.environment ?? DEFAULT_ENVIRONMENT);
  if (found.region === undefined) {
    const { defaultRegion = ownRegion } = options;
    take({ region: (await defaultRegion()) ?? undefined }, () => ({
      source: 'aws',
      name: "AWS's own configuration",
    }));
  }
  if (found.region === undefined) {
    throw missing(['region'], environment);
  }
  if (REQUIRED.some((key) => found[key] === undefined)) {
    const clientsOf = options.clients ?? ((region) => awsClients({ region }));
    const ssm = await clientsOf(String(found.region)).ssm();
    const deployed = await readParameter(ssm, environment, { signal });
    take(deployed ?? {}, () => ({ source: 'parameter', name: settingsParameter(environment) }));
  }
  take({ environment }, () => ({ source: 'default', name: 'default' }));

  const absent = REQUIRED.filter((key) => found[key] === undefined);
  if (absent.length > 0) {
    throw missing(absent, environment);
  }
  const parsed = settingsSchema.safeParse({ version: 1, ...found });
  if (!parsed.success) {
    const [key = ''] = parsed.error.issues[0]?.path ?? [];
    throw new BatchClientError(
      'INVALID_INPUT',
      `The setting ${describeIssues(parsed.error)} (from ${origins[String(key)]?.name ?? 'nowhere'}).`,
      { cause: parsed.error },
    );
  }
  return { settings: parsed.data, origins };
}

function missing(keys: readonly (keyof Settings)[], environment: string): BatchClientError {
  const names = keys.map((key) => VARIABLES[key]?.at(0) ?? key);
  const parameter =
    keys[0] === 'region'
      ? ''
      : `; the parameter ${settingsParameter(environment)} of the deployed stack does not say it either`;
  return new BatchClientError(
    'INVALID_INPUT',
    `Where jobs go is not known: set ${names.join(', ')}, or run 'openevolve-aws configure'${parameter}. To run on this machine, add --local.`,
  );
}
