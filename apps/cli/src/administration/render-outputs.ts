import type { GuideOutputs } from '@openevolve-aws/job-spec';

/** An access key as the guide has it. */
export interface AccessKey {
  readonly access_key_id: string;
  readonly secret_access_key: string;
}

/** Outputs, with access keys where somebody asked to see them. */
export type ShownOutputs = Omit<GuideOutputs, 'user_credentials'> & {
  readonly user_credentials: Readonly<Record<string, string | AccessKey>>;
};

/** The outputs for people; the variables as lines for a shell. */
export function renderOutputs(outputs: ShownOutputs): string[] {
  const credentials = Object.entries(outputs.user_credentials);
  return [
    `ecr_repository_url : ${outputs.ecr_repository_url}`,
    `gemini_secret_arn  : ${outputs.gemini_secret_arn}`,
    'cli_config         :',
    ...Object.entries(outputs.cli_config).map(([name, value]) => `  export ${name}="${value}"`),
    `user_credentials   :${credentials.length === 0 ? ' no access keys are asked for' : ''}`,
    ...credentials.map(([user, key]) =>
      typeof key === 'string'
        ? `  ${user}: in the secret ${key}`
        : `  ${user}: ${key.access_key_id} ${key.secret_access_key}`,
    ),
  ];
}
