import { expect, it } from 'vitest';

const TIMEOUT_MS = 60_000;

/**
 * What a server is known to do otherwise: the sentence of a case, and what its failure says. It is
 * a test too: a server that has been mended makes it fail.
 */
export type Differences = Readonly<Record<string, RegExp>>;

/** Cases as vitest tests, each with a subject of its own. */
export function defineCases<T>(
  cases: Readonly<Record<string, (subject: T) => Promise<void>>>,
  makeSubject: () => Promise<T>,
  differences: Differences = {},
): void {
  for (const sentence of Object.keys(differences)) {
    if (!(sentence in cases)) throw new Error(`No case says: ${sentence}`);
  }
  for (const [sentence, run] of Object.entries(cases)) {
    const difference = differences[sentence];
    if (difference === undefined) {
      it(sentence, async () => run(await makeSubject()), TIMEOUT_MS);
    } else {
      const test = async () => {
        const subject = await makeSubject();
        await expect(run(subject)).rejects.toThrow(difference);
      };
      it(`differs from: ${sentence}`, test, TIMEOUT_MS);
    }
  }
}
