import { parseEcrImage } from '../aws/ecr-image.ts';
import type { AwsClients } from '../aws/ports.ts';
import type { CallOptions } from '../backend.ts';

/**
 * Whether an image is in the environment's repository; null when that is in another registry than
 * ECR, which is not asked.
 *
 * @example
 * await isPushed(clients, outputs.EcrRepositoryUrl, '70a2e4fd6c1b');
 */
export async function isPushed(
  clients: Pick<AwsClients, 'ecr'>,
  repositoryUrl: string,
  tag: string,
  options: CallOptions = {},
): Promise<boolean | null> {
  const image = parseEcrImage(`${repositoryUrl}:${tag}`);
  return image && (await (await clients.ecr()).findImage(image, options)) !== null;
}
