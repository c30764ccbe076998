import type { Session } from '@openevolve-aws/checkpoint-sync';
import type { Ledger, Spend } from '@openevolve-aws/job-spec';
import type { Spending } from '@openevolve-aws/llm-gateway';

const RECORD_MS = 10_000;
const nothing: Spend = {
  models: {},
  estimated: { usd: 0, tokens: 0 },
  reserved: { usd: 0, tokens: 0 },
};

export interface SpendAccountOptions {
  readonly session: Session;
  readonly spending: Spending;
  /** What the last commit holds: an entry that only tells of money says the same of iterations. */
  readonly committed: () => Ledger;
  /** A record that failed: the next one tries again. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Keeps what the gateway counts in the job's log: in every commit, and in entries of its own every
 * 10 s while something is spent, or whenever the gateway asks for one.
 */
export class SpendAccount {
  readonly #options: SpendAccountOptions;
  readonly #timer: NodeJS.Timeout;
  #recorded: string;

  constructor(options: SpendAccountOptions) {
    this.#options = options;
    this.#recorded = JSON.stringify(options.session.state.ledger?.spend ?? nothing);
    this.#timer = setInterval(() => void this.#recordNews(), RECORD_MS);
  }

  /** A ledger with what is spent now: make it durable at once, and say so with {@link recorded}. */
  stamp(ledger: Ledger): Ledger {
    return stampLedger(ledger, this.#options.spending.snapshot());
  }

  recorded({ spend }: Ledger): void {
    if (spend) {
      this.#recorded = JSON.stringify(spend);
      this.#options.spending.recorded(spend);
    }
  }

  /** Appends an entry that tells of the money. */
  async record(): Promise<void> {
    const ledger = this.stamp(this.#options.committed());
    await this.#options.session.appendLedger(ledger);
    this.recorded(ledger);
  }

  /** The last record, once no call is under way. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#recordNews();
  }

  async #recordNews(): Promise<void> {
    if (JSON.stringify(this.#options.spending.snapshot()) !== this.#recorded) {
      await this.record().catch(this.#options.onFailure);
    }
  }
}

function stampLedger(ledger: Ledger, spend: Spend): Ledger {
  const models = Object.values(spend.models);
  return {
    ...ledger,
    tokens: {
      prompt: models.reduce((sum, { promptTokens }) => sum + promptTokens, 0),
      completion: models.reduce((sum, { completionTokens }) => sum + completionTokens, 0),
    },
    spend,
  };
}
