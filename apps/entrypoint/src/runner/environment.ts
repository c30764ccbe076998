/** Variables of the container that the runner and evolved code may see. */
const allowed = [
  'PATH',
  'LANG',
  'LC_ALL',
  'TZ',
  'SSL_CERT_FILE',
  'REQUESTS_CA_BUNDLE',
  'OPENBLAS_CORETYPE',
  'OPENBLAS_L2_SIZE',
] as const;

/** Workers fill the vCPUs already; threads of numeric libraries would only get in their way. */
const oneThread = ['OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS'] as const;

/**
 * The environment of whatever runs code that is not ours, made from scratch: neither a key nor the
 * address of credentials is in it, whatever the container has.
 *
 * @param container the container's own environment.
 * @param work a writable folder: home and temporary files go there.
 * @param job the variables that the user gave the job.
 */
export function jobEnvironment(
  container: Readonly<Record<string, string | undefined>>,
  work: string,
  job: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = allowed.flatMap((name) => {
    const value = container[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(oneThread.map((name) => [name, '1'])),
    PYTHONUNBUFFERED: '1',
    HOME: work,
    TMPDIR: work,
    ...job,
  };
}

/**
 * The environment of the Python runner: the job's, in which evaluators that ask a model find the
 * gateway where OpenAI's clients look for it.
 *
 * @param gateway its base URL, and the token that opens it.
 */
export function runnerEnvironment(
  container: Readonly<Record<string, string | undefined>>,
  work: string,
  job: Readonly<Record<string, string>>,
  gateway: { readonly url: string; readonly token: string },
): Record<string, string> {
  return {
    ...jobEnvironment(container, work, job),
    OPENAI_BASE_URL: gateway.url,
    OPENAI_API_KEY: gateway.token,
  };
}
