/** What keys look like, and what only keys look like. */
const keys = [
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{16}/,
  /\bAIza[0-9A-Za-z_-]{35}\b/,
  /\bsk-[A-Za-z0-9_-]{32,}\b/,
  /\b(?:npm|ghp|gho|ghs)_[A-Za-z0-9]{36}\b/,
  /_authToken=\S+/,
];

/** The first key in a text, or null. */
export function findSecret(text: string): string | null {
  return keys.map((key) => key.exec(text)?.[0]).find((found) => found !== undefined) ?? null;
}
