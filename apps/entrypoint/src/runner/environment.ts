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
 * The environment of the Python runner, made from scratch: neither a key nor the address of
 * credentials is in it, whatever the container has. Evaluators that ask a model find the gateway
 * where OpenAI's clients look for it.
 *
 * @param container the container's own environment.
 * @param work a writable folder: home and temporary files go there.
 * @param job the variables that the user gave the job.
 * @param gateway its base URL, and the token that opens it.
 */
export function runnerEnvironment(
  container: Readonly<Record<string, string | undefined>>,
  work: string,
  job: Readonly<Record<string, string>>,
  gateway: { readonly url: string; readonly token: string },
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
    OPENAI_BASE_URL: gateway.url,
    OPENAI_API_KEY: gateway.token,
  };
}
