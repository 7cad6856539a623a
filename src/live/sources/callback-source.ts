import type { Head } from '../../domain/catch-up.ts';
import { encodeCursor } from '../../domain/cursor.ts';
import { admitsAll, type Restriction, restrictionsOf } from '../../domain/filter.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import { CALLBACK_FILTER, type CallbackFilter } from '../../domain/journal/filter.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { CallboardError } from '../../errors.ts';
import { resumption } from './cursors.ts';
import { iterate } from './iterate.ts';
import type { Holding, Opening, Source, SourceParts } from './source.ts';

/** The journal does not stall. */
const NO_CLOCK = 0;

/** One message of `callbackRecorded`. */
export interface CallbackMessage {
  readonly cursor: string;
  /** False only in an opening message sent because no cursor was honoured, or because the store was restored. */
  readonly recovered: boolean;
  /** Null only in the opening message. */
  readonly callback: JournalRow | null;
}

/** The arguments of a subscription to the journal; cursors as for states. */
export interface CallbackSubscribeArgs {
  readonly viewer: Viewer;
  readonly filter?: CallbackFilter | null | undefined;
  readonly cursors?: readonly string[];
}

/** Every journal row that the filter admits, in order, without a gap. For operators. */
export class CallbackSource implements Source<CallbackMessage> {
  readonly topic = 'journal';
  readonly #parts: SourceParts;
  readonly #args: CallbackSubscribeArgs;
  readonly #restrictions: readonly Restriction<JournalRow>[];
  #identity = '';

  /** Throws FORBIDDEN where the viewer is no operator. */
  constructor(parts: SourceParts, args: CallbackSubscribeArgs) {
    if (!args.viewer.isOperator)
      throw new CallboardError('FORBIDDEN', 'callbackRecorded is for operators only.');
    this.#parts = parts;
    this.#args = args;
    this.#restrictions = restrictionsOf(CALLBACK_FILTER, args.filter);
  }

  get resumes(): boolean {
    return this.#cursors.length > 0;
  }

  get share(): string {
    return JSON.stringify(['callbackRecorded', this.#args.filter ?? null]);
  }

  async open(): Promise<Opening<CallbackMessage>> {
    const { catchUp } = this.#parts;
    const head = await catchUp.head();
    const resumed = await resumption(this.#cursors, head, catchUp);
    return resumed.from === null
      ? openingAt(head, resumed.recovered)
      : this.#rowsSince(resumed.from, resumed.cursor);
  }

  resume({ position, cursor }: Holding): Promise<Opening<CallbackMessage>> {
    return this.#rowsSince(position, cursor);
  }

  async reopen(): Promise<Opening<CallbackMessage>> {
    return openingAt(await this.#parts.catchUp.head(), false);
  }

  learn({ identity }: Opening<CallbackMessage>): void {
    this.#identity = identity;
  }

  unlearn(): void {}

  toMessage({ row }: JournalEntry): CallbackMessage | null {
    return this.#messageOf(row, this.#identity);
  }

  toStalled(): null {
    return null;
  }

  conflationKey(): null {
    return null;
  }

  [Symbol.asyncIterator](): AsyncIterator<CallbackMessage> {
    return iterate(this.#parts.hub, this);
  }

  get #cursors(): readonly string[] {
    return this.#args.cursors ?? [];
  }

  #messageOf(row: JournalRow, identity: string): CallbackMessage | null {
    if (!admitsAll(this.#restrictions, row, NO_CLOCK)) return null;
    return {
      cursor: encodeCursor({ identity, position: row.position, fingerprint: row.fingerprint }),
      recovered: true,
      callback: row,
    };
  }

  async #rowsSince(from: number, cursor: string): Promise<Opening<CallbackMessage>> {
    const { head, rows, more } = await this.#parts.catchUp.journalSince(from);
    // The store was restored since the cursor was checked, or since the last message to this reader.
    if (head.position < from) return openingAt(head, false);
    const { identity } = head;
    const position = more ? (rows.at(-1)?.position ?? from) : Math.max(from, head.position);
    const messages = rows.flatMap((row) => this.#messageOf(row, identity) ?? []);
    return { identity, position, cursor, clock: NO_CLOCK, messages, more };
  }
}

function openingAt(head: Head, recovered: boolean): Opening<CallbackMessage> {
  const { identity, position } = head;
  const cursor = encodeCursor(head);
  const messages = [{ cursor, recovered, callback: null }];
  return { identity, position, cursor, clock: NO_CLOCK, messages, more: false };
}
