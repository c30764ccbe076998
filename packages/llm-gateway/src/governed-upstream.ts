import { setTimeout as delay } from 'node:timers/promises';
import type { Price } from '@openevolve-aws/job-spec';
import type { CallStatistics } from './call-statistics.ts';
import type { Circuit, Place } from './circuit.ts';
import { readCompletionReply, readCompletionRequest, watchStream } from './completion.ts';
import { LlmGatewayError, type LlmGatewayErrorCode } from './errors.ts';
import { openAiError } from './openai-error.ts';
import { brokeOff } from './provider-upstream.ts';
import { jobEnding, type Reservation, type Spending } from './spending.ts';
import { toldToWait } from './told-to-wait.ts';
import type { ModelUpstream, UpstreamReply, UpstreamRequest } from './upstream.ts';

/** Why no call can succeed any more. */
export type FatalCode = Extract<
  LlmGatewayErrorCode,
  'KEY_REFUSED' | 'MODEL_UNKNOWN' | 'REQUESTS_REFUSED'
>;

export interface Governance {
  readonly circuit: Circuit;
  readonly spending: Spending;
  readonly statistics: CallStatistics;
  /** The provider's host, for messages. */
  readonly host: string;
  /** Whether the config names a model, and not only somebody who asks. */
  readonly isPlanned: (model: string) => boolean;
  /** How often a call that fails while others succeed is tried again. */
  readonly retries: number;
  /** The name of a model in the ledger, and its price; null when it is not known. */
  readonly account: (model: string) => { readonly name: string; readonly price: Price | null };
  /** Told of each try that failed. */
  readonly onFailure: (failure: LlmGatewayError) => void;
  readonly onFatal: (code: FatalCode, message: string) => void;
}

/** Before the provider's no is believed it is asked again. */
const CONFIRM_AFTER_MS = 500;
/** So many requests for a model that never served are no matter of the single prompt. */
const MAX_COMPLAINTS = 5;
/** 402: the account has nothing left. 529: what some providers say instead of 503. */
const busyStatus = new Set([402, 429, 503, 529]);
const passingStatus = new Set([408, 409, 425]);
/** Somebody before the provider gave up waiting, and the provider may go on, and charge. */
const lateStatus = new Set([408, 504, 524]);
/** What was certainly not charged. */
const neverAnswered: readonly LlmGatewayErrorCode[] = [
  'UPSTREAM_UNREACHABLE',
  'UPSTREAM_REDIRECTED',
];
/** Gemini answers 400 to a key that it does not know. */
const keyComplaint = /api[ _]key[ _](not valid|invalid)|invalid[ _]api[ _]key|incorrect api key/i;

/**
 * An upstream under our policy: counted, kept under the cap, tried again, held back.
 *
 * - What may pass is tried again as long as it takes: nothing that a provider's outage does costs
 *   the client a call. Only failures that come while other calls succeed count against `retries`.
 * - A reply that is empty or cut off is tried once more.
 * - A key that is refused, an address that leads nowhere, and a model of the config that is not
 *   known and never served, are confirmed once and then end the job.
 * - Any other complaint about the request goes to the client as it is; when a model of the config
 *   never hears anything else, the job ends.
 */
export function governedUpstream(upstream: ModelUpstream, rules: Governance): ModelUpstream {
  const route: RouteRecord = { successes: 0, served: new Set(), complaints: new Map() };
  return {
    models: (signal) => upstream.models(signal),
    async complete(request, signal) {
      const asked = readCompletionRequest(request.body);
      if (!asked) {
        return openAiError(
          400,
          'invalid_request_error',
          'This is no completion request that can be counted: it needs a model, and plain numbers where it limits tokens and choices.',
        );
      }
      const { name, price } = rules.account(asked.model);
      const forwarded = { ...request, body: asked.body };
      const call = new Call(upstream, rules, route, asked.model, forwarded, signal);
      rules.circuit.join();
      try {
        return await call.run(() => rules.spending.reserve(name, asked.atMost, price, signal));
      } finally {
        rules.circuit.part();
      }
    },
  };
}

/** What one way to a provider has done so far. */
interface RouteRecord {
  successes: number;
  /** Models that have answered. */
  readonly served: Set<string>;
  /** How many requests the provider had something against, by model. */
  readonly complaints: Map<string, number>;
}

class Call {
  readonly #upstream: ModelUpstream;
  readonly #rules: Governance;
  readonly #route: RouteRecord;
  readonly #model: string;
  readonly #request: UpstreamRequest;
  readonly #signal: AbortSignal;
  #successesSeen: number;
  #failures = 0;
  #tries = 0;
  #poorReplies = 0;
  #denials = 0;
  /** The good replies of the route when this call was denied. */
  #successesAtDenial = 0;

  constructor(
    upstream: ModelUpstream,
    rules: Governance,
    route: RouteRecord,
    model: string,
    request: UpstreamRequest,
    signal: AbortSignal,
  ) {
    this.#upstream = upstream;
    this.#rules = rules;
    this.#route = route;
    this.#model = model;
    this.#request = request;
    this.#signal = signal;
    this.#successesSeen = rules.circuit.successes;
  }

  async run(reserve: () => Promise<Reservation>): Promise<UpstreamReply> {
    const { circuit } = this.#rules;
    for (;;) {
      const place = await circuit.enter(this.#signal);
      let streams = false;
      try {
        const reply = await this.#try(await reserve(), () => {
          streams = true;
          return place;
        });
        if (reply) return reply;
      } finally {
        if (!streams) place.leave();
      }
      if (!circuit.isOpen) await circuit.pauseBeforeTry(this.#tries, this.#signal);
    }
  }

  /** @returns the reply for the client, or null to try again. */
  async #try(reservation: Reservation, keepPlace: () => Place): Promise<UpstreamReply | null> {
    const { statistics } = this.#rules;
    const began = performance.now();
    this.#tries += 1;
    let reply: UpstreamReply;
    try {
      reply = await this.#upstream.complete(this.#request, this.#signal);
    } catch (error) {
      return this.#noReply(error, reservation);
    }
    if (reply.status !== 200) return this.#refused(reply, reservation);
    if (!Buffer.isBuffer(reply.body)) {
      return { ...reply, body: this.#counted(reply.body, reservation, keepPlace(), began) };
    }
    const read = readCompletionReply(reply.body);
    if (read?.errorStatus) {
      return this.#refused({ ...reply, status: read.errorStatus }, reservation, true);
    }
    const poor = read === null || read.empty;
    if (read?.usage) reservation.counted(read.usage, poor);
    else reservation.uncounted(poor);
    if (poor) return this.#poor(reply, read === null);
    this.#succeeded();
    statistics.succeeded(performance.now() - began);
    return reply;
  }

  async #noReply(error: unknown, reservation: Reservation): Promise<null> {
    if (this.#signal.aborted) {
      reservation.uncounted(true);
      throw error;
    }
    const failure = error instanceof LlmGatewayError ? error : unexpected(error);
    if (neverAnswered.includes(failure.code)) reservation.refused();
    else reservation.uncounted(true);
    if (failure.code === 'UPSTREAM_REDIRECTED' && this.#rules.circuit.successes === 0) {
      await this.#denied(() => this.#rules.onFatal('MODEL_UNKNOWN', failure.message));
      return null;
    }
    this.#failed(failure, false, null);
    return null;
  }

  async #refused(
    reply: UpstreamReply,
    reservation: Reservation,
    hadBegun = false,
  ): Promise<UpstreamReply | null> {
    const { status } = reply;
    if (hadBegun || lateStatus.has(status)) reservation.uncounted(true);
    else reservation.refused();
    const { host, onFatal, isPlanned } = this.#rules;
    const text = Buffer.isBuffer(reply.body) ? reply.body.toString() : '';
    const said = `${host} answered ${status}: ${text.replace(/\s+/g, ' ').slice(0, 300)}`;
    // Where the key serves others at that moment, it is the prompt that is forbidden.
    const isPrompt =
      status === 403 && this.#denials > 0 && this.#route.successes > this.#successesAtDenial;
    const isKey = status === 401 || status === 403 || (status === 400 && keyComplaint.test(text));
    if (isKey && !isPrompt) {
      const message = `the key for ${host} is refused (${status}): store a valid one and resume`;
      await this.#denied(() => onFatal('KEY_REFUSED', message));
      this.#report('KEY_REFUSED', said, true);
      return null;
    }
    if (status === 404 && isPlanned(this.#model) && !this.#route.served.has(this.#model)) {
      const message = `${host} does not know the model ${this.#model} or has nothing at this address (404): correct llm in the config`;
      await this.#denied(() => onFatal('MODEL_UNKNOWN', message));
      this.#report('MODEL_UNKNOWN', said, true);
      return null;
    }
    if (busyStatus.has(status)) {
      this.#failed(failureOf('UPSTREAM_BUSY', said, false), true, toldToWait(reply, text));
      return null;
    }
    if (status >= 500 || passingStatus.has(status)) {
      this.#failed(failureOf('UPSTREAM_FAILED', said, false), false, toldToWait(reply, text));
      return null;
    }
    this.#report('UPSTREAM_FAILED', said, true);
    this.#complained(said);
    return { ...reply, headers: { ...reply.headers, 'x-should-retry': 'false' } };
  }

  #complained(said: string): void {
    const { isPlanned, onFatal } = this.#rules;
    const { complaints, served } = this.#route;
    if (!isPlanned(this.#model) || served.has(this.#model)) return;
    const count = (complaints.get(this.#model) ?? 0) + 1;
    complaints.set(this.#model, count);
    if (count >= MAX_COMPLAINTS) {
      const message = `no request for the model ${this.#model} is accepted: correct llm in the config (${said})`;
      onFatal('REQUESTS_REFUSED', message);
    }
  }

  /** What the provider says of key or model is believed when it says it twice. */
  async #denied(fatal: () => void): Promise<void> {
    this.#denials += 1;
    this.#successesAtDenial = this.#route.successes;
    if (this.#denials > 1) {
      fatal();
      throw jobEnding();
    }
    await delay(CONFIRM_AFTER_MS, undefined, { signal: this.#signal });
  }

  #succeeded(): void {
    this.#route.successes += 1;
    this.#route.served.add(this.#model);
    this.#rules.circuit.succeeded();
  }

  #poor(reply: UpstreamReply, cut: boolean): UpstreamReply | null {
    const { host } = this.#rules;
    // The provider is there.
    this.#succeeded();
    this.#poorReplies += 1;
    this.#report('REPLY_EMPTY', `The reply of ${host} is ${cut ? 'cut off' : 'empty'}.`, false);
    return this.#poorReplies > 1 ? reply : null;
  }

  #failed(failure: LlmGatewayError, busy: boolean, toldMs: number | null): void {
    const { circuit, retries, onFailure } = this.#rules;
    onFailure(failure);
    circuit.failed(busy, toldMs);
    const othersSucceed = circuit.successes !== this.#successesSeen;
    this.#successesSeen = circuit.successes;
    if (othersSucceed && !busy) this.#failures += 1;
    if (failure.permanent || this.#failures > retries) throw failure;
  }

  #report(code: LlmGatewayErrorCode, message: string, permanent: boolean): void {
    this.#rules.onFailure(failureOf(code, message, permanent));
  }

  /** Passes a streamed reply on, and settles the call at its end, however it comes. */
  async *#counted(
    body: AsyncIterable<Buffer>,
    reservation: Reservation,
    place: Place,
    began: number,
  ): AsyncGenerator<Buffer> {
    const { statistics, host, onFailure } = this.#rules;
    const watch = watchStream();
    let complete = false;
    try {
      for await (const chunk of body) {
        watch.see(chunk);
        yield chunk;
      }
      complete = true;
      this.#succeeded();
      statistics.succeeded(performance.now() - began);
    } catch (error) {
      if (!this.#signal.aborted) onFailure(brokeOff(host, error));
      throw error;
    } finally {
      const usage = watch.usage();
      if (usage) reservation.counted(usage, !complete);
      else reservation.uncounted(!complete);
      place.leave();
    }
  }
}

function failureOf(code: LlmGatewayErrorCode, message: string, permanent: boolean) {
  return new LlmGatewayError(code, message, { permanent });
}

function unexpected(cause: unknown): LlmGatewayError {
  return new LlmGatewayError(
    'UPSTREAM_FAILED',
    'The request could not be passed on to the model, for a reason nobody expected (see the cause).',
    { cause, permanent: true },
  );
}
