import { readFile } from 'node:fs/promises';
import { describeIssues, type Job, pricesSchema } from '@openevolve-aws/job-spec';
import { UsageError } from './failure.ts';

/**
 * Prices by model from a JSON file, in US dollars for a million tokens:
 * `{"gemini-2.5-flash": {"prompt": 0.3, "completion": 2.5}}`.
 *
 * @throws {UsageError} naming the file and what is wrong with it.
 */
export async function readPrices(path: string): Promise<NonNullable<Job['prices']>> {
  const content = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'does not exist' : `cannot be read (${cause.code})`;
    throw new UsageError(`The prices file ${path} ${why}.`, { cause });
  });
  const parsed = pricesSchema.safeParse(parse(path, content));
  if (!parsed.success) {
    throw new UsageError(
      `The prices file ${path} cannot be used: ${describeIssues(parsed.error)}. It holds {"MODEL": {"prompt": USD, "completion": USD}}, for a million tokens.`,
    );
  }
  return parsed.data;
}

function parse(path: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new UsageError(`The prices file ${path} is not valid JSON.`, { cause });
  }
}
