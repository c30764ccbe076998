import { parseOpenEvolveYaml } from '@openevolve-aws/job-spec';
import { type ScalarTag, stringify, type Tags } from 'yaml';
import { EntrypointError } from './errors.ts';

/**
 * A user's config, as OpenEvolve would read it.
 *
 * @throws {EntrypointError} `BAD_PROGRAM` when it is not YAML.
 */
export function readOpenEvolveYaml(text: string): unknown {
  try {
    return parseOpenEvolveYaml(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EntrypointError('BAD_PROGRAM', `The config is not valid YAML: ${why}`, { cause });
  }
}

/**
 * A config for OpenEvolve to read. PyYAML takes a number without a point before its exponent for
 * text, so `1e-7` is written as `1.0e-7`.
 */
export function toOpenEvolveYaml(config: unknown): string {
  return stringify(config, {
    version: '1.1',
    lineWidth: 0,
    customTags: (tags) => tags.map(withPoint),
  });
}

function withPoint(tag: Tags[number]): Tags[number] {
  if (!isNumberTag(tag)) {
    return tag;
  }
  const { stringify: write } = tag;
  return { ...tag, stringify: (...call) => write(...call).replace(/^(-?\d+)e/, '$1.0e') };
}

type NumberTag = ScalarTag & { stringify: NonNullable<ScalarTag['stringify']> };

function isNumberTag(tag: Tags[number]): tag is NumberTag {
  return typeof tag === 'object' && /:(int|float)$/.test(tag.tag) && tag.stringify !== undefined;
}
