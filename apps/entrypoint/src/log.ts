/** The attempt's log: one line a message on standard output, failures on lines that begin with `ERROR`. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** A line that another program printed: shown as such, so that it can pass for none of ours. */
  quote(line: string): void;
  /** A line in CloudWatch's embedded metric format, for a program to read. */
  metrics(line: string): void;
  /** Masks one more secret from here on. */
  hide(secret: string): void;
}

/** No provider hands out shorter keys. */
const MIN_SECRET = 8;

/**
 * A log in which the given secrets are masked, wherever they come from.
 *
 * @param secrets values that must never be shown; those of a few letters are no secrets, and
 *   would mask ordinary words.
 * @param write takes one line without its newline.
 */
export function createLog(secrets: readonly string[], write: (line: string) => void): Log {
  const hidden = new Set<string>();
  const hide = (secret: string) => {
    if (secret.length >= MIN_SECRET) {
      hidden.add(secret);
    }
  };
  secrets.forEach(hide);
  const mask = (text: string) =>
    [...hidden].reduce((masked, secret) => masked.replaceAll(secret, '********'), text);
  const line = (level: string, message: string) =>
    write(mask(`${level} ${new Date().toISOString()} ${message.replaceAll('\n', ' ')}`));
  return {
    info: (message) => line('INFO ', message),
    warn: (message) => line('WARN ', message),
    error: (message) => line('ERROR', message),
    quote: (text) => write(`| ${mask(text)}`),
    metrics: (text) => write(text),
    hide,
  };
}
