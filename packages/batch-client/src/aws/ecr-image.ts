/** An image in an ECR repository. One of `tag` and `digest` names it. */
export interface EcrImage {
  readonly account: string;
  readonly region: string;
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

const PATTERN =
  /^(?<account>\d{12})\.dkr\.ecr\.(?<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/(?<repository>[a-z0-9._/-]+?)(?::(?<tag>[\w.-]+))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/**
 * What an image's name says, or null when it lies in another registry than ECR.
 *
 * @example
 * parseEcrImage('123456789012.dkr.ecr.us-east-1.amazonaws.com/openevolve:1.2')?.tag; // '1.2'
 */
export function parseEcrImage(name: string): EcrImage | null {
  const parts = PATTERN.exec(name)?.groups;
  if (!parts?.account || !parts.region || !parts.repository) {
    return null;
  }
  const { account, region, repository, tag, digest } = parts;
  return digest === undefined
    ? { account, region, repository, tag: tag ?? 'latest' }
    : { account, region, repository, digest };
}
