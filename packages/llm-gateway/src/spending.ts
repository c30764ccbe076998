import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import type { Amount, ModelSpend, Price, Spend } from '@openevolve-aws/job-spec';
import type { TokenCount } from './completion.ts';
import { LlmGatewayError } from './errors.ts';
import { usdOf } from './prices.ts';

/** Null for no limit. */
export interface Cap {
  readonly usd: number | null;
  readonly tokens: number | null;
}

export interface SpendingOptions {
  readonly cap: Cap;
  /** The last record of an earlier attempt. What was reserved in it counts as spent. */
  readonly earlier: Spend | null;
  /**
   * Makes a snapshot durable and then calls `recorded` with it. Asked for under a cap only, before
   * calls may go beyond what the last record allows. When it rejects it is tried again.
   */
  readonly record: () => Promise<unknown>;
  /** Told once, when not even one call more fits under the cap. */
  readonly onCapReached: (message: string) => void;
}

/** A call that may be made: settle it exactly once. */
export interface Reservation {
  /** The reply came, with the provider's count; `failed` when it is of no use. */
  counted(usage: TokenCount, failed?: boolean): void;
  /** The call may have been charged, and nobody knows how much. */
  uncounted(failed: boolean): void;
  /** The call was certainly not charged. */
  refused(): void;
}

const none: Amount = { usd: 0, tokens: 0 };
const free: Price = { prompt: 0, completion: 0 };
const unused: ModelSpend = {
  calls: 0,
  failures: 0,
  promptTokens: 0,
  completionTokens: 0,
  usd: 0,
};
/** How much of the cap may be spent between two records. */
const ALLOWANCE = 0.01;
const MAX_MODELS = 64;
const RECORD_RETRY_MS = 1_000;

/**
 * Counts what calls cost and keeps them under a cap. A call is counted before it is made, at the
 * most that it can cost, and corrected by the provider's own count.
 *
 * Under a cap, records are written ahead: no call is made that the last durable record does not
 * allow for. So whenever the process is killed, what was spent is never more than what the next one
 * finds recorded.
 */
export class Spending {
  readonly #options: SpendingOptions;
  #cap: Cap;
  readonly #models: Map<string, ModelSpend>;
  #estimated: Amount;
  #inFlight: Amount = none;
  #calls = 0;
  /** What the last durable record allows to be spent in all. */
  #allowed: Amount;
  #recording: Promise<void> | null = null;
  readonly #waiting = new Map<() => void, Amount>();
  #reached = false;
  #closed = false;

  constructor(options: SpendingOptions) {
    const { cap, earlier } = options;
    this.#options = options;
    this.#cap = cap;
    this.#models = new Map(Object.entries(earlier?.models ?? {}));
    this.#estimated = earlier ? sum(earlier.estimated, earlier.reserved) : none;
    this.#allowed = this.#spent;
  }

  get cap(): Cap {
    return this.#cap;
  }

  /** A new cap holds from the next call on, also for those that wait. */
  setCap(cap: Cap): void {
    this.#cap = cap;
    this.#wake();
  }

  /** What is to be recorded now; hand it to {@link recorded} when it is durable. */
  snapshot(): Spend {
    return {
      models: Object.fromEntries(this.#models),
      estimated: this.#estimated,
      reserved: this.#closed ? this.#inFlight : sum(this.#inFlight, this.#allowance()),
    };
  }

  /** A snapshot is durable. */
  recorded(spend: Spend): void {
    this.#allowed = sum(totalOf(spend), spend.reserved);
    this.#wake();
  }

  /**
   * Waits until a call fits under the cap, and counts it as under way.
   *
   * @param price null when it is not known.
   * @throws {LlmGatewayError} `PRICE_UNKNOWN`, `JOB_ENDING`; what `signal` aborts with.
   */
  async reserve(
    model: string,
    atMost: TokenCount,
    price: Price | null,
    signal: AbortSignal,
  ): Promise<Reservation> {
    signal.throwIfAborted();
    if (!this.#models.has(model) && this.#models.size >= MAX_MODELS) {
      throw new LlmGatewayError(
        'INVALID_CONFIG',
        `More than ${MAX_MODELS} models are asked for. Use fewer.`,
        { permanent: true },
      );
    }
    if (this.#cap.usd !== null && price === null) {
      throw priceUnknown(model);
    }
    const amount: Amount = {
      usd: price ? usdOf(atMost, price) : 0,
      tokens: atMost.prompt + atMost.completion,
    };
    while (!this.#fits(amount)) await this.#room(amount, signal);
    return this.#begin(model, amount, price);
  }

  /** No call begins any more; those that wait end with `JOB_ENDING`. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Whether a call may begin now. */
  #fits(amount: Amount): boolean {
    if (this.#closed) throw jobEnding();
    if (this.#cap.usd === null && this.#cap.tokens === null) return true;
    const needed = sum(this.#committed, amount);
    if (!isWithin(needed, this.#cap)) {
      if (this.#calls > 0) return false;
      this.#reach(amount);
      throw jobEnding();
    }
    const { usd, tokens } = this.#cap;
    return (
      (usd === null || needed.usd <= this.#allowed.usd) &&
      (tokens === null || needed.tokens <= this.#allowed.tokens)
    );
  }

  async #room(amount: Amount, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#waiting.set(wake, amount);
    signal.addEventListener('abort', wake, { once: true });
    if (isWithin(sum(this.#committed, amount), this.#cap)) this.#record();
    await promise;
    this.#waiting.delete(wake);
    signal.removeEventListener('abort', wake);
    signal.throwIfAborted();
  }

  #begin(model: string, amount: Amount, price: Price | null): Reservation {
    this.#inFlight = sum(this.#inFlight, amount);
    this.#calls += 1;
    if (!this.#models.has(model)) this.#models.set(model, unused);
    if (this.#isShort()) this.#record();
    const settle = (usage: TokenCount, failed: boolean, estimated: Amount) => {
      this.#calls -= 1;
      // Sums of fractions drift; with no call under way there is nothing.
      this.#inFlight = this.#calls === 0 ? none : difference(this.#inFlight, amount);
      this.#estimated = sum(this.#estimated, estimated);
      // What was certainly not charged costs nothing, whatever the price is.
      const isFree = usage.prompt + usage.completion + estimated.tokens === 0;
      const spend = this.#models.get(model) ?? unused;
      this.#models.set(model, addCall(spend, usage, failed, isFree ? free : price));
      this.#wake();
    };
    const nothing = { prompt: 0, completion: 0 };
    return {
      counted: (usage, failed = false) => settle(usage, failed, none),
      uncounted: (failed) => settle(nothing, failed, amount),
      refused: () => settle(nothing, true, none),
    };
  }

  #record(): void {
    // In a moment, so that calls that come together share a record.
    this.#recording ??= immediate()
      .then(() => this.#options.record())
      .then(
        () => undefined,
        () => delay(RECORD_RETRY_MS, undefined, { ref: false }),
      )
      .finally(() => {
        this.#recording = null;
        this.#wake();
      });
  }

  /** Whether so little is left of the allowance that calls would soon wait for a record. */
  #isShort(): boolean {
    const left = difference(this.#allowed, this.#committed);
    const { usd, tokens } = this.#cap;
    return (
      (usd !== null && left.usd < (usd * ALLOWANCE) / 2) ||
      (tokens !== null && left.tokens < (tokens * ALLOWANCE) / 2)
    );
  }

  /** What may be spent before the next record: what waits for it, and a share of the cap. */
  #allowance(): Amount {
    const wanted = [...this.#waiting.values()].reduce(sum, none);
    const committed = this.#committed;
    const ahead = (limit: number | null, wants: number, taken: number) =>
      limit === null ? 0 : Math.max(0, Math.min(limit * ALLOWANCE + wants, limit - taken));
    return {
      usd: ahead(this.#cap.usd, wanted.usd, committed.usd),
      tokens: Math.ceil(ahead(this.#cap.tokens, wanted.tokens, committed.tokens)),
    };
  }

  #reach(amount: Amount): void {
    if (this.#reached) return;
    this.#reached = true;
    const spent = this.#spent;
    const { usd, tokens } = this.#cap;
    const money = usd === null ? '' : `$${spent.usd.toFixed(4)} of $${usd} are spent`;
    const counted = tokens === null ? '' : `${spent.tokens} of ${tokens} tokens are used`;
    const next = usd === null ? `${amount.tokens} tokens` : `$${amount.usd.toFixed(4)}`;
    this.#options.onCapReached(
      `the cap is reached: ${[money, counted].filter(Boolean).join(', ')}, and the next call may take ${next}`,
    );
  }

  get #spent(): Amount {
    return totalOf({ models: Object.fromEntries(this.#models), estimated: this.#estimated });
  }

  get #committed(): Amount {
    return sum(this.#spent, this.#inFlight);
  }

  #wake(): void {
    for (const wake of this.#waiting.keys()) wake();
  }
}

/** What a record says is spent, without what it reserves; dollars of priced models only. */
export function totalOf({ models, estimated }: Pick<Spend, 'models' | 'estimated'>): Amount {
  return Object.values(models).reduce(
    (total, { usd, promptTokens, completionTokens }) =>
      sum(total, { usd: usd ?? 0, tokens: promptTokens + completionTokens }),
    estimated,
  );
}

function addCall(
  spend: ModelSpend,
  usage: TokenCount,
  failed: boolean,
  price: Price | null,
): ModelSpend {
  return {
    calls: spend.calls + 1,
    failures: spend.failures + (failed ? 1 : 0),
    promptTokens: spend.promptTokens + usage.prompt,
    completionTokens: spend.completionTokens + usage.completion,
    usd: spend.usd === null || price === null ? null : spend.usd + usdOf(usage, price),
  };
}

function isWithin({ usd, tokens }: Amount, cap: Cap): boolean {
  return (cap.usd === null || usd <= cap.usd) && (cap.tokens === null || tokens <= cap.tokens);
}

function sum(a: Amount, b: Amount): Amount {
  return { usd: a.usd + b.usd, tokens: a.tokens + b.tokens };
}

function difference(a: Amount, b: Amount): Amount {
  return { usd: Math.max(0, a.usd - b.usd), tokens: Math.max(0, a.tokens - b.tokens) };
}

export function priceUnknown(model: string): LlmGatewayError {
  return new LlmGatewayError(
    'PRICE_UNKNOWN',
    `The price of ${model} is not known, so no cap in dollars can hold. Give it in the job's prices, or cap the tokens.`,
    { permanent: true },
  );
}

export function jobEnding(): LlmGatewayError {
  return new LlmGatewayError('JOB_ENDING', JOB_ENDING_MESSAGE, { permanent: true });
}

/** The runner knows an iteration by it that was taken back and did not fail. */
export const JOB_ENDING_MESSAGE = 'openevolve-aws: the job is ending, and no call is made any more';
