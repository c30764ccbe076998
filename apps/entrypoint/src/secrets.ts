import { keyVariables, LlmGatewayError, readKeys } from '@openevolve-aws/llm-gateway';

/**
 * All values in an environment that must never be shown: variables that may hold keys, and the keys
 * in them.
 */
export function secretsIn(variables: Readonly<Record<string, string | undefined>>): string[] {
  const whole = keyVariables.map((name) => variables[name] ?? '');
  try {
    return [...readKeys(variables).values(), ...whole];
  } catch (error) {
    if (error instanceof LlmGatewayError) {
      return whole; // The job's gateway says what is wrong with it.
    }
    throw error;
  }
}
