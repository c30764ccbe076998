import { describeIssues, stackConfigSchema } from '@openevolve-aws/job-spec';
import { BatchClientError } from '../errors.ts';
import type { ImageTarget } from './build-arguments.ts';

/** The state of the checkout that an image is built from. */
export interface SourceState {
  /** The whole hash of its commit. */
  readonly commit: string;
  /** Whether files differ from the commit. */
  readonly dirty: boolean;
}

/**
 * The tag of an image: its commit, and what makes it another image than the full one of that commit.
 *
 * @throws {RangeError} when the commit is no hash.
 * @example
 * const state = { commit: '70a2e4fd6c1b9b2f3f0f7a3d1f2f6a7b8c9d0e1f', dirty: true };
 * imageTag(state, 'slim'); // '70a2e4fd6c1b-slim-dirty'
 */
export function imageTag({ commit, dirty }: SourceState, target: ImageTarget): string {
  if (!/^[0-9a-f]{40,64}$/.test(commit)) {
    throw new RangeError(`${JSON.stringify(commit)} is no commit's hash.`);
  }
  return [
    commit.slice(0, 12),
    ...(target === 'full' ? [] : [target]),
    ...(dirty ? ['dirty'] : []),
  ].join('-');
}

/**
 * A tag that somebody chose.
 *
 * @throws {BatchClientError} `INVALID_INPUT` when no image can have it.
 */
export function checkImageTag(tag: string): string {
  const parsed = stackConfigSchema.shape.imageTag.safeParse(tag);
  if (!parsed.success) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `${JSON.stringify(tag)} cannot be an image's tag: ${describeIssues(parsed.error)}.`,
    );
  }
  return tag;
}
