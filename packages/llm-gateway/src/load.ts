export interface LoadLimits {
  readonly requests: number;
  readonly bytes: number;
}

/** One request's part of the load. */
export interface LoadShare {
  /** @returns whether there is room for so many bytes more. */
  add(bytes: number): boolean;
  /** The request is over. */
  release(): void;
}

/** Bounds the memory of requests: those that come in, those under way and held ones. */
export class Load {
  readonly #limits: LoadLimits;
  #requests = 0;
  #bytes = 0;

  constructor(limits: LoadLimits) {
    this.#limits = limits;
  }

  /** @returns null when there is no room for one request more. */
  share(): LoadShare | null {
    if (this.#requests >= this.#limits.requests) return null;
    this.#requests += 1;
    let taken = 0;
    return {
      add: (bytes) => {
        if (this.#bytes + bytes > this.#limits.bytes) return false;
        this.#bytes += bytes;
        taken += bytes;
        return true;
      },
      release: () => {
        this.#requests -= 1;
        this.#bytes -= taken;
      },
    };
  }
}
