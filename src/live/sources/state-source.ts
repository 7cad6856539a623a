import type { ChangedState, FoundAtHead, Head, Named, StateCatchUp } from '../../domain/catch-up.ts';
import { encodeCursor } from '../../domain/cursor.ts';
import { admitsAll, type Restriction } from '../../domain/filter.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { Instant } from '../../domain/session/session.ts';
import {
  DEFAULT_STALLED_AFTER_MS,
  quietTo,
  type Silence,
  type Stalled,
} from '../../domain/session/silence.ts';
import { mayRead, type State, type Subject } from '../../domain/subject.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Topic } from '../topics.ts';
import { resumption } from './cursors.ts';
import { iterate } from './iterate.ts';
import type { Holding, Newest, Opening, Source, SourceParts, StalledMessage } from './source.ts';
import { changed, resumed, type StateMessage, snapshot, stalled } from './state-message.ts';

/** A kind of subscription to states: there is one of each in a gateway. */
export interface StateKind<S extends State> {
  /** Its field in the graph. */
  readonly field: string;
  readonly subject: Subject<S>;
  /** Reads this subject's states from the store. */
  readonly states: StateCatchUp<S>;
}

/** What one subscription to states selects. */
export interface Following<S extends State> {
  readonly viewer: Viewer;
  /** The one state that was named; null where all are followed. */
  readonly named: Named | null;
  readonly topic: Topic;
  /** As the client gave it. */
  readonly filter: object | null;
  /** The restrictions of the filter; empty: none. */
  readonly restrictions: readonly Restriction<S>[];
  readonly cursors: readonly string[];
}

/** What a reader holds. That comes back with a cursor does not say what it knows of stalled sessions. */
type Held = Omit<Holding, 'clock'> & { readonly identity: string; readonly clock: Instant | null };

const DEFAULT_SILENCE: Silence = { afterMs: DEFAULT_STALLED_AFTER_MS, now: Date.now };

/**
 * A subscription to states: a newer state replaces an older one. It opens with one SNAPSHOT, or, where a cursor is
 * honoured, with the newest state of each that changed since, in the order of their last change, and then with what has
 * stalled since.
 *
 * A class, because there are thousands of idle ones: closures would each hold their own copy of every function below.
 */
export class StateSource<S extends State> implements Source<StateMessage<S>> {
  readonly #parts: SourceParts;
  readonly #kind: StateKind<S>;
  readonly #following: Following<S>;
  #identity = '';
  #newest: Newest | null = null;

  constructor(parts: SourceParts, kind: StateKind<S>, following: Following<S>) {
    this.#parts = parts;
    this.#kind = kind;
    this.#following = following;
  }

  get topic(): Topic {
    return this.#following.topic;
  }

  get resumes(): boolean {
    return this.#following.cursors.length > 0;
  }

  get share(): string {
    const { topic, filter } = this.#following;
    return JSON.stringify([this.#kind.field, topic, filter]);
  }

  get #silence(): Silence {
    return this.#parts.silence ?? DEFAULT_SILENCE;
  }

  async open(): Promise<Opening<StateMessage<S>>> {
    const { cursors, named } = this.#following;
    const clock = this.#silence.now();
    const found = await this.#find();
    const resumed = await resumption(cursors, found.head, this.#parts.catchUp);
    if (resumed.from === null) return this.#opensWith(found, resumed.recovered, clock);
    const { identity } = found.head;
    const held = { identity, position: resumed.from, cursor: resumed.cursor, clock: null };
    return named === null ? this.#changesSince(held) : this.#newsOf(found, held, clock);
  }

  async resume(held: Holding): Promise<Opening<StateMessage<S>>> {
    const identity = this.#identity;
    if (this.#following.named === null) return this.#changesSince({ ...held, identity });
    const clock = this.#silence.now();
    return this.#newsOf(await this.#find(), { ...held, identity }, clock);
  }

  async reopen(): Promise<Opening<StateMessage<S>>> {
    const clock = this.#silence.now();
    return this.#opensWith(await this.#find(), false, clock);
  }

  learn(opening: Opening<StateMessage<S>>): void {
    this.#identity = opening.identity;
    const seen = opening.newest ?? null;
    if (seen !== null && (this.#newest === null || isNewer(seen, this.#newest))) this.#newest = seen;
  }

  unlearn(): void {
    this.#newest = null;
  }

  toMessage(entry: JournalEntry): StateMessage<S> | null {
    const change = this.#kind.subject.changeOf(entry);
    if (change === null) return null;
    const { before, after } = change;
    if (!this.#isForViewer(after)) return null;
    const matches = this.#admits(after);
    if (!matches && (before === null || !this.#admits(before))) return null;
    const { position, fingerprint } = entry.row;
    return changed(encodeCursor({ identity: this.#identity, position, fingerprint }), matches, change);
  }

  toStalled(published: Stalled): StalledMessage<StateMessage<S>> | null {
    const state = this.#kind.subject.stalledOf(published);
    return state !== null && this.#isForViewer(state) ? this.#stallOf(state, published.dueAt) : null;
  }

  conflationKey({ state }: StateMessage<S>): string | null {
    return state === null ? null : this.#kind.subject.idOf(state);
  }

  [Symbol.asyncIterator](): AsyncIterator<StateMessage<S>> {
    return iterate(this.#parts.hub, this);
  }

  #admits(state: S): boolean {
    const { restrictions } = this.#following;
    return restrictions.length === 0 || admitsAll(restrictions, state, quietTo(this.#silence));
  }

  #isForViewer(state: S): boolean {
    const { viewer, named } = this.#following;
    if (!mayRead(this.#kind.subject, viewer, state)) return false;
    return named === null || 'id' in named || this.#isFollowed(state);
  }

  /** Of an external id's states: whether a change is of the one created last, as far as is known. */
  #isFollowed(state: S): boolean {
    const seen = { id: this.#kind.subject.idOf(state), createdAt: state.createdAt };
    const newest = this.#newest;
    if (newest !== null && newest.id !== seen.id && !isNewer(seen, newest)) return false;
    this.#newest = seen;
    return true;
  }

  /** The named state, or none, at the store's head. */
  async #find(): Promise<FoundAtHead<ChangedState<S>>> {
    const { named, viewer } = this.#following;
    return named === null
      ? { head: await this.#parts.catchUp.head(), found: null }
      : this.#kind.states.find(named, viewer);
  }

  #opensWith(
    { head, found }: FoundAtHead<ChangedState<S>>,
    recovered: boolean,
    clock: Instant,
  ): Opening<StateMessage<S>> {
    const { identity, position } = head;
    const { now } = this.#silence;
    const state = found?.state ?? null;
    const matches = state === null || this.#admits(state);
    const cursor = encodeCursor(head);
    const messages = [snapshot(cursor, state, { recovered, matches, now })];
    return { identity, position, cursor, clock, messages, more: false, newest: this.#newestOf(state) };
  }

  /** For a single state: its newest version where it changed after what the reader has; else that it has stalled. */
  #newsOf(
    { head, found }: FoundAtHead<ChangedState<S>>,
    held: Held,
    clock: Instant,
  ): Opening<StateMessage<S>> {
    const state = found?.state ?? null;
    const isNews = found !== null && found.state.position > held.position;
    const messages = isNews ? this.#messagesOf(head, [found], clock) : this.#stallsOf(state, held, clock);
    const position = Math.max(held.position, head.position);
    const newest = this.#newestOf(state);
    return { identity: head.identity, position, cursor: held.cursor, clock, messages, more: false, newest };
  }

  /** What has stalled comes first: it repeats the cursor that the reader holds. */
  async #changesSince(held: Held): Promise<Opening<StateMessage<S>>> {
    const clock = this.#silence.now();
    const { position: from, cursor, identity } = held;
    const silent = await this.#stalledSince(held, clock);
    if (silent.more !== null) {
      return { identity, position: from, cursor, clock: silent.more, messages: silent.messages, more: true };
    }
    const { head, rows, more } = await this.#kind.states.since(from, this.#following.viewer);
    // The store was restored since the cursor was checked, or since the last message to this reader.
    if (head.position < from) return this.#opensWith({ head, found: null }, false, clock);
    const last = rows.at(-1);
    const position = more && last !== undefined ? last.state.position : Math.max(from, head.position);
    const messages = [...silent.messages, ...this.#messagesOf(head, rows, clock)];
    return { identity: head.identity, position, cursor, clock, messages, more };
  }

  /**
   * Of the states that the reader has: those that have stalled since. Of others it is sent the newest state.
   * `more`: from when on there may be others.
   */
  async #stalledSince(
    { position, cursor, clock }: Held,
    before: Instant,
  ): Promise<{ readonly messages: StateMessage<S>[]; readonly more: Instant | null }> {
    const { subject, states } = this.#kind;
    const { afterMs } = this.#silence;
    const from = clock ?? { rowAt: position };
    const { rows, more } = await states.stalled({ from, before, afterMs }, this.#following.viewer);
    const messages = rows
      .filter((state) => state.position <= position)
      .flatMap((state) => this.#stallsOf(state, { cursor, clock: null }, before));
    const last = rows.at(-1);
    const lastAt = last === undefined ? null : subject.stallsAt(last, this.#silence);
    return { messages, more: more && lastAt !== null ? lastAt + 1 : null };
  }

  /** That a state has stalled between what the reader knows and `before`; else nothing. */
  #stallsOf(
    state: S | null,
    { cursor, clock }: Pick<Held, 'cursor' | 'clock'>,
    before: Instant,
  ): StateMessage<S>[] {
    const dueAt = state === null ? null : this.#kind.subject.stallsAt(state, this.#silence);
    if (state === null || dueAt === null || dueAt < (clock ?? 0) || dueAt >= before) return [];
    const stall = this.#stallOf(state, dueAt);
    return stall === null ? [] : [stall.withCursor(cursor)];
  }

  /** Null where the filter admitted the state neither before it stalled nor now. */
  #stallOf(state: S, dueAt: Instant): StalledMessage<StateMessage<S>> | null {
    const { restrictions } = this.#following;
    const { afterMs } = this.#silence;
    const matches = admitsAll(restrictions, state, dueAt - afterMs);
    if (!matches && !admitsAll(restrictions, state, dueAt - afterMs - 1)) return null;
    const withCursor = (cursor: string) => stalled<S>(cursor, matches, { state, dueAt });
    return { key: this.#kind.subject.idOf(state), withCursor };
  }

  /** Whether a state matched when the reader last received it is unknown: so a non-matching one is sent as such. */
  #messagesOf({ identity }: Head, rows: readonly ChangedState<S>[], clock: Instant): StateMessage<S>[] {
    const lasting = this.#following.restrictions.filter(({ isLasting }) => isLasting);
    return rows.flatMap((row) => {
      const matches = this.#admits(row.state);
      if (!matches && !admitsAll(lasting, row.state, 0)) return [];
      const { state, fingerprint } = row;
      const cursor = encodeCursor({ identity, position: state.position, fingerprint });
      const dueAt = this.#kind.subject.stallsAt(state, this.#silence);
      const hasStalled = dueAt !== null && dueAt < clock;
      return [hasStalled ? stalled(cursor, matches, { state, dueAt }) : resumed(cursor, matches, row)];
    });
  }

  #newestOf(state: S | null): Newest | null {
    return state && { id: this.#kind.subject.idOf(state), createdAt: state.createdAt };
  }
}

const isNewer = (a: Newest, b: Newest): boolean =>
  a.createdAt > b.createdAt || (a.createdAt === b.createdAt && a.id > b.id);
