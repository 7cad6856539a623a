import type { ChangedState, FoundAtHead, Head, Named, StateCatchUp } from '../../domain/catch-up.ts';
import { encodeCursor } from '../../domain/cursor.ts';
import { admitsAll, type Restriction } from '../../domain/filter.ts';
import type { Instant } from '../../domain/session/session.ts';
import { DEFAULT_STALLED_AFTER_MS, quietTo } from '../../domain/session/silence.ts';
import { mayRead, type State, type Subject } from '../../domain/subject.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Topic } from '../topics.ts';
import { resumption } from './cursors.ts';
import { iterate } from './iterate.ts';
import type { Holding, Newest, Opening, Source, SourceParts } from './source.ts';
import { changed, resumed, type StateMessage, snapshot, stalled } from './state-message.ts';

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

/** What a reader holds. That comes back with a cursor does not say what it knows of stalled sessions. */
type Held = Omit<Holding, 'clock'> & { readonly identity: string; readonly clock: Instant | null };

/**
 * A subscription to states: a newer state replaces an older one. It opens with one SNAPSHOT, or, where a cursor is
 * honoured, with the newest state of each that changed since, in the order of their last change, and then with what has
 * stalled since.
 */
export function createStateSource<S extends State>(
  { hub, catchUp, silence = { afterMs: DEFAULT_STALLED_AFTER_MS, now: Date.now } }: SourceParts,
  { subject, states, viewer, named, topic, restrictions, cursors, share }: Following<S>,
): Source<StateMessage<S>> {
  type M = StateMessage<S>;
  const { now, afterMs } = silence;
  const lasting = restrictions.filter(({ isLasting }) => isLasting);
  const followsNewest = named !== null && 'externalId' in named;
  let identity = '';
  let newest: Newest | null = null;

  const admits = (state: S): boolean =>
    restrictions.length === 0 || admitsAll(restrictions, state, quietTo(silence));

  /** The named state, or none, at the store's head. */
  const find = async (): Promise<FoundAtHead<ChangedState<S>>> =>
    named === null ? { head: await catchUp.head(), found: null } : states.find(named, viewer);

  async function open(): Promise<Opening<M>> {
    const clock = now();
    const found = await find();
    const resumed = await resumption(cursors, found.head, catchUp);
    if (resumed.from === null) return opensWith(found, resumed.recovered, clock);
    const { identity } = found.head;
    const held = { identity, position: resumed.from, cursor: resumed.cursor, clock: null };
    return named === null ? changesSince(held) : newsOf(found, held, clock);
  }

  async function resume(held: Holding): Promise<Opening<M>> {
    if (named === null) return changesSince({ ...held, identity });
    const clock = now();
    return newsOf(await find(), { ...held, identity }, clock);
  }

  function opensWith(
    { head, found }: FoundAtHead<ChangedState<S>>,
    recovered: boolean,
    clock: Instant,
  ): Opening<M> {
    const { identity, position } = head;
    const state = found?.state ?? null;
    const matches = state === null || admits(state);
    const cursor = encodeCursor(head);
    const messages = [snapshot(cursor, state, { recovered, matches, now })];
    return { identity, position, cursor, clock, messages, more: false, newest: newestOf(state) };
  }

  /** For a single state: its newest version where it changed after what the reader has; else that it has stalled. */
  function newsOf({ head, found }: FoundAtHead<ChangedState<S>>, held: Held, clock: Instant): Opening<M> {
    const state = found?.state ?? null;
    const isNews = found !== null && found.state.position > held.position;
    const messages = isNews ? messagesOf(head, [found], clock) : stallsOf(state, held, clock);
    const position = Math.max(held.position, head.position);
    const newest = newestOf(state);
    return { identity: head.identity, position, cursor: held.cursor, clock, messages, more: false, newest };
  }

  /** What has stalled comes first: it repeats the cursor that the reader holds. */
  async function changesSince(held: Held): Promise<Opening<M>> {
    const clock = now();
    const { position: from, cursor, identity } = held;
    const silent = await stalledSince(held, clock);
    if (silent.more !== null) {
      return { identity, position: from, cursor, clock: silent.more, messages: silent.messages, more: true };
    }
    const { head, rows, more } = await states.since(from, viewer);
    // The store was restored since the cursor was checked, or since the last message to this reader.
    if (head.position < from) return opensWith({ head, found: null }, false, clock);
    const last = rows.at(-1);
    const position = more && last !== undefined ? last.state.position : Math.max(from, head.position);
    const messages = [...silent.messages, ...messagesOf(head, rows, clock)];
    return { identity: head.identity, position, cursor, clock, messages, more };
  }

  /**
   * Of the states that the reader has: those that have stalled since. Of others it is sent the newest state.
   * `more`: from when on there may be others.
   */
  async function stalledSince(
    { position, cursor, clock }: Held,
    before: Instant,
  ): Promise<{ readonly messages: M[]; readonly more: Instant | null }> {
    const from = clock ?? { rowAt: position };
    const { rows, more } = await states.stalled({ from, before, afterMs }, viewer);
    const messages = rows
      .filter((state) => state.position <= position)
      .flatMap((state) => stallsOf(state, { cursor, clock: null }, before));
    const last = rows.at(-1);
    const lastAt = last === undefined ? null : subject.stallsAt(last, silence);
    return { messages, more: more && lastAt !== null ? lastAt + 1 : null };
  }

  /** That a state has stalled between what the reader knows and `before`; else nothing. */
  function stallsOf(
    state: S | null,
    { cursor, clock }: Pick<Held, 'cursor' | 'clock'>,
    before: Instant,
  ): M[] {
    const dueAt = state === null ? null : subject.stallsAt(state, silence);
    if (state === null || dueAt === null || dueAt < (clock ?? 0) || dueAt >= before) return [];
    const stall = stallOf(state, dueAt);
    return stall === null ? [] : [stall.withCursor(cursor)];
  }

  /** Null where the filter admitted the state neither before it stalled nor now. */
  function stallOf(state: S, dueAt: Instant) {
    const matches = admitsAll(restrictions, state, dueAt - afterMs);
    if (!matches && !admitsAll(restrictions, state, dueAt - afterMs - 1)) return null;
    const withCursor = (cursor: string) => stalled<S>(cursor, matches, { state, dueAt });
    return { key: subject.idOf(state), withCursor };
  }

  /** Whether a state matched when the reader last received it is unknown: so a non-matching one is sent as such. */
  function messagesOf({ identity }: Head, rows: readonly ChangedState<S>[], clock: Instant): M[] {
    return rows.flatMap((row) => {
      const matches = admits(row.state);
      if (!matches && !admitsAll(lasting, row.state, 0)) return [];
      const { state, fingerprint } = row;
      const cursor = encodeCursor({ identity, position: state.position, fingerprint });
      const dueAt = subject.stallsAt(state, silence);
      const hasStalled = dueAt !== null && dueAt < clock;
      return [hasStalled ? stalled(cursor, matches, { state, dueAt }) : resumed(cursor, matches, row)];
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

  const isForViewer = (state: S): boolean =>
    mayRead(subject, viewer, state) && (!followsNewest || isFollowed(state));

  const source: Source<M> = {
    topic,
    resumes: cursors.length > 0,
    share,
    open,
    resume,
    async reopen() {
      const clock = now();
      return opensWith(await find(), false, clock);
    },
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
      if (!isForViewer(after)) return null;
      const matches = admits(after);
      if (!matches && (before === null || !admits(before))) return null;
      const { position, fingerprint } = entry.row;
      return changed(encodeCursor({ identity, position, fingerprint }), matches, change);
    },
    toStalled(published) {
      const state = subject.stalledOf(published);
      return state !== null && isForViewer(state) ? stallOf(state, published.dueAt) : null;
    },
    conflationKey: ({ state }) => (state === null ? null : subject.idOf(state)),
    [Symbol.asyncIterator]: () => iterate(hub, source),
  };
  return source;
}

const isNewer = (a: Newest, b: Newest): boolean =>
  a.createdAt > b.createdAt || (a.createdAt === b.createdAt && a.id > b.id);
