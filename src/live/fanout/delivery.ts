import type { FormattedExecutionResult, GraphQLFormattedError } from 'graphql';
import type { Message } from '../sources/source.ts';

/** An operation that was accepted: the engine's LiveOperation, as far as telling it goes. */
export type Run = (message: Message) => FormattedExecutionResult | Promise<FormattedExecutionResult>;

/** What an execution came to: the payload's text, or the errors that end the operation. */
export type Rendered = string | readonly GraphQLFormattedError[];

/** One message on its way to all who asked the same: executed once, when the first reader is ready for it. */
export class Delivery {
  readonly position: number;
  /** Of several that wait for one reader the newest of a subject stands for all; null: each counts. */
  readonly subject: string | null;
  readonly #message: Message;
  #rendered: Rendered | Promise<Rendered> | null = null;

  constructor(position: number, subject: string | null, message: Message) {
    this.position = position;
    this.subject = subject;
    this.#message = message;
  }

  get cursor(): string {
    return this.#message.cursor;
  }

  /** At once where all resolvers are, or where it was executed before. `run` never throws. */
  render(run: Run): Rendered | Promise<Rendered> {
    if (this.#rendered === null) {
      const result = run(this.#message);
      if (result instanceof Promise) {
        this.#rendered = result.then((late) => {
          this.#rendered = textOf(late);
          return this.#rendered;
        });
      } else {
        this.#rendered = textOf(result);
      }
    }
    return this.#rendered;
  }
}

/** A message carries data or errors, never both. */
function textOf(result: FormattedExecutionResult): Rendered {
  return result.errors === undefined ? JSON.stringify(result) : result.errors;
}
