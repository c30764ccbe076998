import { z } from 'zod';

/** What went through the gateway since it started. Only chat completions count. */
export interface GatewayUsage {
  /** Requests that reached the model; answered, failed, aborted or still running. */
  readonly requests: number;
  /** Requests that the model answered with an error, or not at all. */
  readonly failures: number;
  /** Failures since the last good reply: how long the provider has been down, in requests. */
  readonly failuresInARow: number;
  /** Requests that the client gave up. */
  readonly aborted: number;
  /** Tokens as replies report them; streamed replies report none. */
  readonly promptTokens: number;
  readonly completionTokens: number;
}

const replySchema = z.object({
  usage: z.object({
    prompt_tokens: z.int().min(0).catch(0),
    completion_tokens: z.int().min(0).catch(0),
  }),
});

/** The running count behind `GatewayUsage`. */
export class UsageCounter {
  #usage: GatewayUsage = {
    requests: 0,
    failures: 0,
    failuresInARow: 0,
    aborted: 0,
    promptTokens: 0,
    completionTokens: 0,
  };

  get usage(): GatewayUsage {
    return this.#usage;
  }

  request(): void {
    this.#usage = { ...this.#usage, requests: this.#usage.requests + 1 };
  }

  failure(): void {
    const { failures, failuresInARow } = this.#usage;
    this.#usage = {
      ...this.#usage,
      failures: failures + 1,
      failuresInARow: failuresInARow + 1,
    };
  }

  abort(): void {
    this.#usage = { ...this.#usage, aborted: this.#usage.aborted + 1 };
  }

  /** A good reply; `body` is its JSON text, or null for a streamed one. */
  success(body: string | null): void {
    const { promptTokens, completionTokens } = this.#usage;
    const tokens = body === null ? null : tokensOf(body);
    this.#usage = {
      ...this.#usage,
      failuresInARow: 0,
      promptTokens: promptTokens + (tokens?.prompt_tokens ?? 0),
      completionTokens: completionTokens + (tokens?.completion_tokens ?? 0),
    };
  }
}

function tokensOf(body: string): z.output<typeof replySchema>['usage'] | null {
  try {
    return replySchema.parse(JSON.parse(body)).usage;
  } catch {
    // A reply without usage, or that is no JSON: the client is the judge of it.
    return null;
  }
}
