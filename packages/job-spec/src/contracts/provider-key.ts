/**
 * What a fresh stack stores in the place of the model provider's key. Whoever reads the key tells it
 * from a real one, and says that none was stored yet.
 */
export const PROVIDER_KEY_PLACEHOLDER = 'no-key-yet-run-openevolve-aws-secret-set';
