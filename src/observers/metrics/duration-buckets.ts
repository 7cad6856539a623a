/**
 * A histogram of one label that costs a few nanoseconds an observation: bounds in milliseconds are compared with what was
 * observed, and nothing is looked up by a text. prom-client's own takes some 375 ns, which would be 3 % of a delivery to
 * one of many equal subscribers (docs/decisions/0046).
 */
export class DurationBuckets<Label extends string> {
  readonly #name: string;
  readonly #help: string;
  readonly #label: string;
  readonly #boundsMs: readonly number[];
  readonly #series: readonly { readonly value: Label; readonly series: Series }[];
  readonly #observers: Readonly<Record<string, Series>>;

  /** @param boundsMs rising, in milliseconds; the text has them in seconds */
  constructor(about: {
    readonly name: string;
    readonly help: string;
    readonly label: string;
    readonly values: readonly Label[];
    readonly boundsMs: readonly number[];
  }) {
    this.#name = about.name;
    this.#help = about.help;
    this.#label = about.label;
    this.#boundsMs = about.boundsMs;
    this.#series = about.values.map((value) => ({ value, series: new Series(about.boundsMs) }));
    this.#observers = Object.fromEntries(this.#series.map(({ value, series }) => [value, series]));
  }

  observe(value: Label, ms: number): void {
    this.#observers[value]?.observe(ms);
  }

  /** As Prometheus reads it, with a line break at its end. */
  text(): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} histogram`];
    for (const { value, series } of this.#series) {
      const label = `${this.#label}="${value}"`;
      let below = 0;
      for (const [index, bound] of [...this.#boundsMs.map((ms) => String(ms / 1_000)), '+Inf'].entries()) {
        below += series.counts[index] ?? 0;
        lines.push(`${this.#name}_bucket{le="${bound}",${label}} ${below}`);
      }
      lines.push(`${this.#name}_sum{${label}} ${series.sumMs / 1_000}`);
      lines.push(`${this.#name}_count{${label}} ${below}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

/** The counts of one value of the label. */
class Series {
  readonly #boundsMs: readonly number[];
  /** One for each bound and one for what is above all; not cumulative. */
  readonly counts: Float64Array;
  sumMs = 0;

  constructor(boundsMs: readonly number[]) {
    this.#boundsMs = boundsMs;
    this.counts = new Float64Array(boundsMs.length + 1);
  }

  observe(ms: number): void {
    const bounds = this.#boundsMs;
    let index = 0;
    // Most are short, so that from below the first bounds suffice.
    while (index < bounds.length && ms > (bounds[index] ?? 0)) index += 1;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sumMs += ms;
  }
}
