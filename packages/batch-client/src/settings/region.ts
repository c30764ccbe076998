/** The first that is set says the region; the SDK itself reads only the first one. */
export const REGION_VARIABLES = ['AWS_REGION', 'AWS_DEFAULT_REGION'] as const;

/**
 * The region that this machine is set up for: the variables, or AWS's own configuration, that of
 * `AWS_PROFILE` included. Null when nothing says it.
 *
 * @example
 * const region = (await chosenRegion()) ?? 'us-east-1';
 */
export async function chosenRegion(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | null> {
  const name = REGION_VARIABLES.find((one) => variables[one]);
  return (name && variables[name]) ?? ownRegion();
}

/** What AWS's own configuration says. */
export async function ownRegion(): Promise<string | null> {
  const { defaultRegion } = await import('../aws/sdk/sts.ts');
  return defaultRegion();
}
