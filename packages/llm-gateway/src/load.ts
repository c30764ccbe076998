export interface LoadLimits {
  readonly requests: number;
  readonly bytes: number;
}

/** Bounds the memory of requests that are under way, held ones too. */
export class Load {
  readonly #limits: LoadLimits;
  #requests = 0;
  #bytes = 0;

  constructor(limits: LoadLimits) {
    this.#limits = limits;
  }

  /** @returns whether there is room for a request of so many bytes; {@link give} it back then. */
  take(bytes: number): boolean {
    const { requests, bytes: most } = this.#limits;
    const fits = this.#requests < requests && this.#bytes + bytes <= most;
    if (fits) {
      this.#requests += 1;
      this.#bytes += bytes;
    }
    return fits;
  }

  give(bytes: number): void {
    this.#requests -= 1;
    this.#bytes -= bytes;
  }
}
