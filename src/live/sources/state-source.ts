import type { CatchUp, FoundAtHead, Head, Portion } from '../../domain/catch-up.ts';
import { encodeCursor, type JournalPlace } from '../../domain/cursor.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { Instant } from '../../domain/session/session.ts';
import type { Hub } from '../hub.ts';
import type { Topic } from '../topics.ts';
import { resumption } from './cursors.ts';
import { iterate } from './iterate.ts';
import type { Message, Newest, Opening, Source } from './source.ts';

/** What sessions and payments have in common here. */
interface State {
  readonly position: number;
  readonly createdAt: Instant;
}

/** A state as the store has it, and the fingerprint of the row that changed it last. */
interface Stored<S> {
  readonly state: S;
  readonly fingerprint: string;
}

/** A change as the hub tells it: what was, what is. */
interface Change<S> {
  readonly before: S | null;
  readonly after: S;
}

/** What tells one kind of state subscription from the other. */
export interface StateKind<S extends State, Row extends Stored<S>, C extends Change<S>, M>
  extends Pick<CatchUp, 'fingerprintAt'> {
  readonly topic: Topic;
  readonly share: string;
  readonly cursors: readonly string[];
  /** Whether, of several with one external id, the one created last is followed. */
  readonly followsNewest: boolean;
  /** Reads the one that was named; null where many are asked for. */
  readonly one: (() => Promise<FoundAtHead<Row>>) | null;
  head(): Promise<Head>;
  since(position: number): Promise<Portion<Row>>;
  idOf(state: S): string;
  mayRead(state: S): boolean;
  /** Whether the filter admits it. */
  admits(state: S): boolean;
  /** Whether the filter may have admitted it once. True where that cannot be known. */
  mayHaveMatched(state: S): boolean;
  changeOf(entry: JournalEntry): C | null;
  subject(message: M): string | null;
  snapshot(cursor: string, recovered: boolean, state: S | null): M;
  /** A change read from the store after it was made. */
  resumed(cursor: string, matches: boolean, row: Row): M;
  told(cursor: string, matches: boolean, change: C): M;
}

/**
 * A subscription to state: the newest wins. It opens with one SNAPSHOT, or, where a cursor can be honoured, with
 * the newest state of each that changed since, in the order of their last change.
 */
export function createStateSource<
  S extends State,
  Row extends Stored<S>,
  C extends Change<S>,
  M extends Message,
>(hub: Hub, kind: StateKind<S, Row, C, M>): Source<M> {
  let identity = '';
  let newest: Newest | null = null;
  const cursorAt = ({ position, fingerprint }: JournalPlace) =>
    encodeCursor({ identity, position, fingerprint });

  async function open(): Promise<Opening<M>> {
    if (kind.one !== null) {
      const one = await kind.one();
      const { from, recovered } = await resumption(kind.cursors, one.head, kind);
      return from === null ? snapshotOf(one, recovered) : newsOf(one, from);
    }
    const head = await kind.head();
    const { from, recovered } = await resumption(kind.cursors, head, kind);
    return from === null ? snapshotOf({ head, found: null }, recovered) : changesSince(from);
  }

  const resume = async (position: number): Promise<Opening<M>> =>
    kind.one === null ? changesSince(position) : newsOf(await kind.one(), position);

  const reopen = async (): Promise<Opening<M>> =>
    snapshotOf(kind.one === null ? { head: await kind.head(), found: null } : await kind.one(), false);

  function snapshotOf({ head, found }: FoundAtHead<Row>, recovered: boolean): Opening<M> {
    const { identity, position } = head;
    const state = found?.state ?? null;
    const messages = [kind.snapshot(encodeCursor(head), recovered, state)];
    return { identity, position, messages, more: false, newest: newestOf(state) };
  }

  /** With one that was named: its newest state where that is news to the reader. */
  function newsOf({ head, found }: FoundAtHead<Row>, from: number): Opening<M> {
    const messages = found !== null && found.state.position > from ? changed(head, [found]) : [];
    const position = Math.max(from, head.position);
    const newest = newestOf(found?.state ?? null);
    return { identity: head.identity, position, messages, more: false, newest };
  }

  const newestOf = (state: S | null): Newest | null =>
    state && { id: kind.idOf(state), createdAt: state.createdAt };

  async function changesSince(from: number): Promise<Opening<M>> {
    const { head, rows, more } = await kind.since(from);
    // Put back since the cursor was judged, or since the reader was sent something last.
    if (head.position < from) return snapshotOf({ head, found: null }, false);
    const last = rows.at(-1);
    const position = more && last !== undefined ? last.state.position : Math.max(from, head.position);
    return { identity: head.identity, position, messages: changed(head, rows), more };
  }

  /** Whether one matched when the reader heard of it last is unknown: then that it does not now is told. */
  function changed({ identity }: Head, rows: readonly Row[]): M[] {
    return rows.flatMap((row) => {
      const matches = kind.admits(row.state);
      if (!matches && !kind.mayHaveMatched(row.state)) return [];
      const { fingerprint } = row;
      const cursor = encodeCursor({ identity, position: row.state.position, fingerprint });
      return [kind.resumed(cursor, matches, row)];
    });
  }

  /** Whether a change is of the one that was created last, as far as is known. */
  function isFollowed(state: S): boolean {
    const seen = { id: kind.idOf(state), createdAt: state.createdAt };
    if (newest !== null && newest.id !== seen.id && !isNewer(seen, newest)) return false;
    newest = seen;
    return true;
  }

  const source: Source<M> = {
    topic: kind.topic,
    share: kind.share,
    open,
    resume,
    reopen,
    learn(opening) {
      identity = opening.identity;
      const seen = opening.newest ?? null;
      if (seen !== null && (newest === null || isNewer(seen, newest))) newest = seen;
    },
    unlearn() {
      newest = null;
    },
    toMessage(entry) {
      const change = kind.changeOf(entry);
      if (change === null) return null;
      const { before, after } = change;
      if (!kind.mayRead(after) || (kind.followsNewest && !isFollowed(after))) return null;
      const matches = kind.admits(after);
      if (!matches && (before === null || !kind.admits(before))) return null;
      return kind.told(cursorAt(entry.row), matches, change);
    },
    subject: (message) => kind.subject(message),
    [Symbol.asyncIterator]: () => iterate(hub, source),
  };
  return source;
}

const isNewer = (a: Newest, b: Newest): boolean =>
  a.createdAt > b.createdAt || (a.createdAt === b.createdAt && a.id > b.id);
