import { setTimeout as delay } from 'node:timers/promises';
import { jobEnding } from './spending.ts';

export interface CircuitOptions {
  /** Calls at the provider at one time, at most. */
  readonly maxInFlight: number;
  /** How long the provider may fail without one good reply. */
  readonly outageLimitMs: number;
  /** Told once, when it has failed for longer. */
  readonly onOutage: () => void;
  /** From 0 to 1, for jitter. */
  readonly random?: () => number;
}

/** A call's place at the provider. */
export interface Place {
  /** To be called once, when the try is over. */
  leave(): void;
}

/** Failures in a row, over all calls, after which calls are held back. */
const OPEN_AFTER = 5;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * What all calls to one provider share, so that they wait together and do not stampede.
 *
 * At most as many calls are under way as the provider bears: half as many after it asked to wait,
 * then one more with each round of good replies. After some failures in a row the circuit is open: calls are held,
 * and one at a time tries, ever more seldom, until a reply is good. A provider that says how long to
 * wait is believed.
 */
export class Circuit {
  readonly #options: CircuitOptions;
  readonly #random: () => number;
  readonly #ending = new AbortController();
  readonly #waiting = new Set<() => void>();
  /** Calls at the provider that came while it kept failing; older ones may hang and say nothing. */
  #probes = 0;
  #window: number;
  /** Up to it the window doubles with each round of good replies; beyond it grows by one a round. */
  #threshold: number;
  #calls = 0;
  #inFlight = 0;
  #pausedUntil = 0;
  /** Pauses since the circuit opened: a burst of failures is a reason for one. */
  #pauses = 0;
  #failuresInARow = 0;
  #failingSince: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #outage = false;
  /** Good replies so far. */
  successes = 0;

  constructor(options: CircuitOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#window = options.maxInFlight;
    this.#threshold = options.maxInFlight;
  }

  /** Whether calls are held back because the provider keeps failing. */
  get isOpen(): boolean {
    return this.#failuresInARow >= OPEN_AFTER;
  }

  /** Calls that are held back. */
  get held(): number {
    return this.#waiting.size;
  }

  /** A call begins, whose tries {@link enter}; {@link part} when it ends. */
  join(): void {
    this.#calls += 1;
  }

  part(): void {
    this.#calls -= 1;
    // A failure that nobody tries again says nothing of an outage.
    if (this.#calls === 0 && !this.isOpen) this.#failingSince = null;
  }

  /**
   * Waits for a place at the provider.
   *
   * @throws {LlmGatewayError} `JOB_ENDING`; what `signal` aborts with.
   */
  async enter(signal: AbortSignal): Promise<Place> {
    if (this.#ending.signal.aborted) throw jobEnding();
    signal.throwIfAborted();
    if (this.#waiting.size === 0 && this.#mayEnter()) return this.#place();
    const { promise, resolve, reject } = Promise.withResolvers<Place>();
    const admit = () => resolve(this.#place());
    const giveUp = () => {
      // At once, or it could still be let in, and its place would never be left.
      this.#waiting.delete(admit);
      reject(this.#ending.signal.aborted ? jobEnding() : signal.reason);
    };
    this.#waiting.add(admit);
    signal.addEventListener('abort', giveUp);
    this.#ending.signal.addEventListener('abort', giveUp);
    this.#admit();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
      this.#ending.signal.removeEventListener('abort', giveUp);
    }
  }

  succeeded(): void {
    this.successes += 1;
    this.#failuresInARow = 0;
    this.#pauses = 0;
    this.#failingSince = null;
    const growth = this.#window < this.#threshold ? 1 : 1 / this.#window;
    this.#window = Math.min(this.#options.maxInFlight, this.#window + growth);
    this.#admit();
  }

  /**
   * A try failed in a way that may pass.
   *
   * @param busy whether the provider asked to wait.
   * @param toldMs how long it said, null when it did not.
   */
  failed(busy: boolean, toldMs: number | null): void {
    const now = performance.now();
    const isPaused = now < this.#pausedUntil;
    this.#failuresInARow += 1;
    this.#failingSince ??= now;
    if (busy && !isPaused) {
      this.#threshold = Math.max(1, Math.ceil(this.#inFlight / 2));
      this.#window = this.#threshold;
    }
    if (this.isOpen) this.#window = 1;
    if (this.isOpen && now - this.#failingSince >= this.#options.outageLimitMs) {
      if (!this.#outage) this.#options.onOutage();
      this.#outage = true;
      return;
    }
    if (this.isOpen && !isPaused) this.#pauses += 1;
    const own = this.isOpen && !isPaused ? this.#backoff(this.#pauses) : 0;
    const pause = Math.max(own, toldMs ?? 0);
    if (pause > 0) this.#pause(now + pause * (1 + this.#random() / 4));
  }

  /**
   * A call's own pause before its next try.
   *
   * @param tries of this call that failed so far.
   */
  async pauseBeforeTry(tries: number, signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([signal, this.#ending.signal]);
    try {
      await delay(this.#backoff(tries) * (0.5 + this.#random()), undefined, { signal: ended });
    } catch {
      signal.throwIfAborted();
      throw jobEnding();
    }
  }

  /** Lets no call in any more; those that wait end. Calls under way go on. */
  end(): void {
    this.#ending.abort();
    clearTimeout(this.#timer ?? undefined);
  }

  #backoff(failures: number): number {
    return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10));
  }

  /** Holds all calls, but never so long that the last try before the limit is missed. */
  #pause(until: number): void {
    const limit = (this.#failingSince ?? 0) + this.#options.outageLimitMs;
    this.#pausedUntil = Math.max(this.#pausedUntil, Math.min(until, limit));
  }

  #mayEnter(): boolean {
    const hasRoom = this.isOpen ? this.#probes < 1 : this.#inFlight < Math.floor(this.#window);
    return hasRoom && performance.now() >= this.#pausedUntil;
  }

  #place(): Place {
    const probes = this.isOpen ? 1 : 0;
    this.#inFlight += 1;
    this.#probes += probes;
    return {
      leave: () => {
        this.#inFlight -= 1;
        this.#probes -= probes;
        this.#admit();
      },
    };
  }

  #admit(): void {
    for (const admit of this.#waiting) {
      if (!this.#mayEnter()) break;
      this.#waiting.delete(admit);
      admit();
    }
    const pause = this.#pausedUntil - performance.now();
    if (this.#waiting.size > 0 && pause > 0 && this.#timer === null) {
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#admit();
      }, pause);
    }
  }
}
