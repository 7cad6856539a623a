import { decodeCursor } from '../../../src/domain/cursor.ts';
import type { SessionFilter } from '../../../src/domain/session/filter.ts';
import { at, type Operation, type Result, textAt } from './client.ts';
import { subscribeSse } from './subscribe-sse.ts';
import { type Subscribed, subscribeWs } from './subscribe-ws.ts';

/** What a reader subscribes to: one session, all that a filter admits, or the log. */
export type LiveRequest =
  | { readonly of: 'session'; readonly sessionId: string }
  | { readonly of: 'sessions'; readonly filter: SessionFilter }
  | { readonly of: 'log' };

/** A message, as far as a model compares it. */
export interface LiveMessage {
  /** Of its cursor. */
  readonly position: number;
  readonly kind: string | null;
  readonly recovered: boolean;
  readonly matches: boolean;
  readonly session: { readonly sessionId: string; readonly version: number; readonly shown: string } | null;
  /** Of the log's row; null but there. */
  readonly row: number | null;
  /** Whether it is the first one of a subscription that brought a cursor. */
  readonly isResumed: boolean;
}

const SESSION = (
  moreFields: string,
) => `subscription ($sessionId: ID, $filter: SessionFilter, $after: String) {
  sessionStatusChanged(sessionId: $sessionId, filter: $filter, after: $after) {
    cursor kind recovered matches session { sessionId version outcome stage { name status } ${moreFields} }
  }
}`;
const LEAN = SESSION('');
const FAT = SESSION('accounts { id accountNumber maskedNumber accountType }');
const LOG = `subscription ($after: String) {
  callbackRecorded(after: $after) { cursor recovered callback { position } }
}`;

/** Where a session stands, in one text: what a reader is sent, and what a model has for the same version. */
export const shownAs = (outcome: unknown, stage: unknown, status: unknown): string =>
  `${outcome} ${stage} ${status}`;

/**
 * One client that comes back with its cursor. It keeps all that it received, in order; who waits for something
 * is called back with each message.
 */
export class LiveReader {
  readonly request: LiveRequest;
  readonly wire: 'ws' | 'sse';
  readonly isFat: boolean;
  readonly received: LiveMessage[] = [];
  onMessage: () => void = () => {};
  /** What went wrong while it read, if anything did. */
  failure: unknown = null;
  #cursor: string | null = null;
  #subscribed: Subscribed | null = null;
  #reading: Promise<void> = Promise.resolve();
  #isPaused = false;

  constructor(request: LiveRequest, wire: 'ws' | 'sse', isFat: boolean) {
    this.request = request;
    this.wire = wire;
    this.isFat = isFat;
  }

  get isConnected(): boolean {
    return this.#subscribed !== null;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Subscribes, behind the newest cursor it holds; odd ones hand it over beside the arguments. */
  async connect(url: string): Promise<void> {
    const after = this.#cursor;
    const beside = this.isFat;
    const operation: Operation = {
      query: this.request.of === 'log' ? LOG : this.isFat ? FAT : LEAN,
      variables: {
        ...(this.request.of === 'session' ? { sessionId: this.request.sessionId } : {}),
        ...(this.request.of === 'sessions' ? { filter: this.request.filter } : {}),
        ...(beside ? {} : { after }),
      },
      ...(beside && after !== null && this.wire === 'ws' ? { extensions: { after } } : {}),
    };
    const headers: Record<string, string> =
      beside && after !== null && this.wire === 'sse' ? { 'last-event-id': after } : {};
    const subscribed =
      this.wire === 'ws'
        ? await subscribeWs(url, operation)
        : await subscribeSse(url, { ...operation, headers });
    this.#subscribed = subscribed;
    this.#isPaused = false;
    this.#reading = this.#read(subscribed, after !== null);
  }

  pause(): void {
    this.#subscribed?.pause();
    this.#isPaused = true;
  }

  resume(): void {
    this.#subscribed?.resume();
    this.#isPaused = false;
  }

  async disconnect(): Promise<void> {
    const subscribed = this.#subscribed;
    this.resume();
    await subscribed?.close();
    await this.#reading;
  }

  /** Resolves when the other side has ended the connection; what came before is received. */
  async ended(): Promise<void> {
    this.resume();
    await this.#reading;
  }

  async #read(subscribed: Subscribed, withCursor: boolean): Promise<void> {
    let isResumed = withCursor;
    try {
      for (;;) {
        this.#receive(await subscribed.next(600_000), isResumed);
        isResumed = false;
      }
    } catch (error) {
      // The connection is over; anything else is not what a reader expects.
      if (!(error instanceof Error) || !/closed with|over, /.test(error.message)) this.failure ??= error;
    } finally {
      if (this.#subscribed === subscribed) this.#subscribed = null;
      this.onMessage();
    }
  }

  #receive({ data, extensions }: Result, isResumed: boolean): void {
    const field = this.request.of === 'log' ? 'callbackRecorded' : 'sessionStatusChanged';
    const message = at(data, field);
    this.#cursor = textAt(message, 'cursor');
    if (at(extensions, 'cursor') !== this.#cursor) throw new Error('extensions.cursor is another');
    const session = at(message, 'session');
    const row = at(message, 'callback', 'position');
    this.received.push({
      position: decodeCursor(this.#cursor)?.position ?? -1,
      kind: field === 'sessionStatusChanged' ? textAt(message, 'kind') : null,
      recovered: at(message, 'recovered') === true,
      matches: at(message, 'matches') === true,
      session:
        session == null
          ? null
          : {
              sessionId: textAt(session, 'sessionId'),
              version: Number(at(session, 'version')),
              shown: shownAs(
                at(session, 'outcome'),
                at(session, 'stage', 'name'),
                at(session, 'stage', 'status'),
              ),
            },
      row: row === undefined ? null : Number(row),
      isResumed,
    });
    this.onMessage();
  }
}
