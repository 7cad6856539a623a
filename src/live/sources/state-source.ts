import type { ChangedState, FoundAtHead, Head, Named, StateCatchUp } from '../../domain/catch-up.ts';
import { encodeCursor } from '../../domain/cursor.ts';
import { admitsAll, type Restriction } from '../../domain/filter.ts';
import { mayRead, type State, type Subject } from '../../domain/subject.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Topic } from '../topics.ts';
import { resumption } from './cursors.ts';
import { iterate } from './iterate.ts';
import type { Newest, Opening, Source, SourceParts } from './source.ts';
import { changed, resumed, type StateMessage, snapshot } from './state-message.ts';

/** What one subscription to states selects. */
export interface Following<S extends State> {
  readonly subject: Subject<S>;
  /** Reads this subject's states from the store. */
  readonly states: StateCatchUp<S>;
  readonly viewer: Viewer;
  /** The one state that was named; null where all are followed. */
  readonly named: Named | null;
  readonly topic: Topic;
  /** The restrictions of the filter; empty: none. */
  readonly restrictions: readonly Restriction<S>[];
  readonly cursors: readonly string[];
  /** See `Source.share`. */
  readonly share: string;
}

/**
 * A subscription to states: a newer state replaces an older one. It opens with one SNAPSHOT, or, where a cursor is
 * honoured, with the newest state of each that changed since, in the order of their last change.
 */
export function createStateSource<S extends State>(
  { hub, catchUp, now = Date.now }: SourceParts,
  { subject, states, viewer, named, topic, restrictions, cursors, share }: Following<S>,
): Source<StateMessage<S>> {
  type M = StateMessage<S>;
  const lasting = restrictions.filter(({ isLasting }) => isLasting);
  const followsNewest = named !== null && 'externalId' in named;
  let identity = '';
  let newest: Newest | null = null;

  /** The named state, or none, at the store's head. */
  const find = async (): Promise<FoundAtHead<ChangedState<S>>> =>
    named === null ? { head: await catchUp.head(), found: null } : states.find(named, viewer);

  async function open(): Promise<Opening<M>> {
    const found = await find();
    const { from, recovered } = await resumption(cursors, found.head, catchUp);
    if (from === null) return opensWith(found, recovered);
    return named === null ? changesSince(from) : newsOf(found, from);
  }

  const resume = async (position: number): Promise<Opening<M>> =>
    named === null ? changesSince(position) : newsOf(await find(), position);

  function opensWith({ head, found }: FoundAtHead<ChangedState<S>>, recovered: boolean): Opening<M> {
    const { identity, position } = head;
    const state = found?.state ?? null;
    const matches = state === null || admitsAll(restrictions, state);
    const messages = [snapshot(encodeCursor(head), state, { recovered, matches, now })];
    return { identity, position, messages, more: false, newest: newestOf(state) };
  }

  /** For a single state: its newest version, where it changed after what the reader has. */
  function newsOf({ head, found }: FoundAtHead<ChangedState<S>>, from: number): Opening<M> {
    const messages = found !== null && found.state.position > from ? messagesOf(head, [found]) : [];
    const position = Math.max(from, head.position);
    const newest = newestOf(found?.state ?? null);
    return { identity: head.identity, position, messages, more: false, newest };
  }

  async function changesSince(from: number): Promise<Opening<M>> {
    const { head, rows, more } = await states.since(from, viewer);
    // The store was restored since the cursor was checked, or since the last message to this reader.
    if (head.position < from) return opensWith({ head, found: null }, false);
    const last = rows.at(-1);
    const position = more && last !== undefined ? last.state.position : Math.max(from, head.position);
    return { identity: head.identity, position, messages: messagesOf(head, rows), more };
  }

  /** Whether a state matched when the reader last received it is unknown: so a non-matching one is sent as such. */
  function messagesOf({ identity }: Head, rows: readonly ChangedState<S>[]): M[] {
    return rows.flatMap((row) => {
      const matches = admitsAll(restrictions, row.state);
      if (!matches && !admitsAll(lasting, row.state)) return [];
      const { fingerprint } = row;
      return [resumed(encodeCursor({ identity, position: row.state.position, fingerprint }), matches, row)];
    });
  }

  const newestOf = (state: S | null): Newest | null =>
    state && { id: subject.idOf(state), createdAt: state.createdAt };

  /** Whether a change is of the state created last, as far as is known. */
  function isFollowed(state: S): boolean {
    const seen = { id: subject.idOf(state), createdAt: state.createdAt };
    if (newest !== null && newest.id !== seen.id && !isNewer(seen, newest)) return false;
    newest = seen;
    return true;
  }

  const source: Source<M> = {
    topic,
    share,
    open,
    resume,
    reopen: async () => opensWith(await find(), false),
    learn(opening) {
      identity = opening.identity;
      const seen = opening.newest ?? null;
      if (seen !== null && (newest === null || isNewer(seen, newest))) newest = seen;
    },
    unlearn() {
      newest = null;
    },
    toMessage(entry) {
      const change = subject.changeOf(entry);
      if (change === null) return null;
      const { before, after } = change;
      if (!mayRead(subject, viewer, after) || (followsNewest && !isFollowed(after))) return null;
      const matches = admitsAll(restrictions, after);
      if (!matches && (before === null || !admitsAll(restrictions, before))) return null;
      const { position, fingerprint } = entry.row;
      return changed(encodeCursor({ identity, position, fingerprint }), matches, change);
    },
    conflationKey: ({ state }) => (state === null ? null : subject.idOf(state)),
    [Symbol.asyncIterator]: () => iterate(hub, source),
  };
  return source;
}

const isNewer = (a: Newest, b: Newest): boolean =>
  a.createdAt > b.createdAt || (a.createdAt === b.createdAt && a.id > b.id);
