import { parseDocument, type ScalarTag, type Tags } from 'yaml';
import { JobSpecError } from '../errors.ts';

/**
 * A config as OpenEvolve reads it: with PyYAML, which knows YAML 1.1, where `yes` is true, but no
 * one-letter booleans, so `y` is a name. Numbers such as `1e-4`, which PyYAML takes for text, are
 * numbers here on purpose.
 *
 * @throws {JobSpecError} `INVALID_DOCUMENT` when it is not YAML, or when its aliases lead nowhere or
 *   expand without bound; the message is the parser's own, on one line.
 * @example
 * parseOpenEvolveYaml('feature_dimensions: [x, y]'); // { feature_dimensions: ['x', 'y'] }
 */
export function parseOpenEvolveYaml(text: string): unknown {
  try {
    const document = parseDocument(text, {
      version: '1.1',
      customTags: (tags) => tags.map(withoutLetters),
    });
    const [problem] = document.errors;
    if (problem) {
      throw problem;
    }
    return document.toJS();
  } catch (cause) {
    const [first = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new JobSpecError('INVALID_DOCUMENT', first.replace(/:$/, ''), { cause });
  }
}

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
