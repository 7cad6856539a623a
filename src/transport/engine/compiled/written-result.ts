import type { ExecutionResult } from 'graphql';

/**
 * The result of a compiled operation: it was written as JSON, never as objects. Those that look at `data` (a plugin of
 * Yoga, graphql-ws) get objects all the same.
 */
export class WrittenResult implements ExecutionResult {
  /** The whole result, as a client receives it. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get data(): Record<string, unknown> {
    return JSON.parse(this.text).data;
  }

  /** The same as a subscription's client receives it, with the cursor of its message. */
  textWith(cursor: string): string {
    return `${this.text.slice(0, -1)},"extensions":{"cursor":${JSON.stringify(cursor)}}}`;
  }

  toJSON(): ExecutionResult {
    return { data: this.data };
  }
}
