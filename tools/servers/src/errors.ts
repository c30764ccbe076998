/** A server that a test or benchmark needs could not be installed or started. */
export class TestServerError extends Error {
  override readonly name = 'TestServerError';
}
