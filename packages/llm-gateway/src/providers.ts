/** A model and the share of requests that it gets. */
export interface WeightedModel {
  readonly name: string;
  readonly weight: number;
}

/** An OpenAI-compatible service that is known by name. */
export interface Provider {
  readonly name: 'gemini' | 'openai';
  readonly baseUrl: string;
  /** The environment variable that holds its key. */
  readonly keyVariable: string;
  /** Used when the user's config names no model. */
  readonly models: readonly WeightedModel[];
  /** Request fields that the service refuses; the gateway leaves them out. */
  readonly unsupportedFields: readonly string[];
}

export const providers = {
  gemini: {
    name: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai/',
    keyVariable: 'GEMINI_API_KEY',
    models: [
      { name: 'gemini-2.5-flash-lite', weight: 0.8 },
      { name: 'gemini-2.5-flash', weight: 0.2 },
    ],
    // OpenEvolve itself leaves `seed` out for this service, but knows it by its URL only, which it
    // no longer sees behind the gateway.
    unsupportedFields: ['seed'],
  },
  openai: {
    name: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    keyVariable: 'OPENAI_API_KEY',
    models: [
      { name: 'gpt-5-nano', weight: 0.8 },
      { name: 'gpt-5-mini', weight: 0.2 },
    ],
    unsupportedFields: [],
  },
} as const satisfies Record<string, Provider>;

/**
 * The known provider that a base URL belongs to, or null for any other service.
 *
 * @example
 * providerOf('https://api.openai.com/v1/')?.name; // 'openai'
 */
export function providerOf(baseUrl: string): Provider | null {
  const origin = URL.parse(baseUrl)?.origin;
  return Object.values(providers).find((known) => new URL(known.baseUrl).origin === origin) ?? null;
}
