/** How a config names the keys of model providers. */
export interface ConfigKeys {
  /** Of `api_key: ${VARIABLE}`, each once. */
  readonly variables: readonly string[];
  /** Whether a key stands in it itself. */
  readonly plain: boolean;
}

/**
 * What every `api_key` of a config says, wherever it stands.
 *
 * @example
 * keysOfConfig({ llm: { api_key: '${OPENROUTER_API_KEY}' } }); // { variables: ['OPENROUTER_API_KEY'], plain: false }
 */
export function keysOfConfig(config: unknown): ConfigKeys {
  const variables = new Set<string>();
  let plain = false;
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) {
      return;
    }
    for (const [name, inner] of Object.entries(value)) {
      if (name !== 'api_key' || typeof inner !== 'string') {
        look(inner);
        continue;
      }
      const variable = /^\$\{([^}]+)\}$/.exec(inner)?.[1];
      if (variable === undefined) {
        plain = true;
      } else {
        variables.add(variable);
      }
    }
  };
  look(config);
  return { variables: [...variables], plain };
}
