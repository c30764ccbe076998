import { parse, type ScalarTag, stringify, type Tags } from 'yaml';
import { EntrypointError } from './errors.ts';

/** OpenEvolve reads its config with PyYAML, which knows YAML 1.1: `yes` is true there. */
const version = '1.1';

/**
 * A user's config, as OpenEvolve would read it.
 *
 * @throws {EntrypointError} `BAD_PROGRAM` when it is not YAML.
 */
export function parseOpenEvolveYaml(text: string): unknown {
  try {
    return parse(text, { version, customTags: (tags) => tags.map(withoutLetters) });
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new EntrypointError('BAD_PROGRAM', `The config is not valid YAML: ${why}`, { cause });
  }
}

/**
 * A config for OpenEvolve to read. PyYAML takes a number without a point before its exponent for
 * text, so `1e-7` is written as `1.0e-7`.
 */
export function toOpenEvolveYaml(config: unknown): string {
  return stringify(config, { version, lineWidth: 0, customTags: (tags) => tags.map(withPoint) });
}

/** PyYAML has no one-letter booleans: `y` is a name. */
function withoutLetters(tag: Tags[number]): Tags[number] {
  return typeof tag === 'object' && tag.tag === 'tag:yaml.org,2002:bool' && 'test' in tag
    ? ({
        ...tag,
        test: tag.test?.test('y')
          ? /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/
          : /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
      } as ScalarTag)
    : tag;
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
