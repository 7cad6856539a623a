import type { GraphQLFormattedError } from 'graphql';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { Hub } from '../hub.ts';
import type { Message, Opening, Source } from '../sources/source.ts';
import { Delivery, type Rendered, type Run } from './delivery.ts';
import { Member, type MemberHome, type Sink } from './member.ts';

export type { Sink } from './member.ts';

/** A subscription that was accepted: the engine's LiveOperation, as far as telling it goes. */
export interface Tellable {
  readonly source: Source;
  /** The same for all that ask the same and may see the same. */
  readonly key: string;
  /** Never throws. */
  readonly run: Run;
}

/** One subscription's place among those that ask the same. */
export interface Membership {
  /** Ends it from the reader's side: nothing of its sink is called any more. */
  leave(): void;
  /** Its sink is writable again: what waits is told now, and not at the next look. */
  drained(): void;
}

/** Tells subscriptions: those that ask the same share one listener, one execution and one payload a message. */
export interface Fanout {
  join(operation: Tellable, sink: Sink): Membership;
  /** Subscriptions now. */
  readonly size: number;
  /** How many different ones. */
  readonly groups: number;
  /** Forgets them all, without a word to their sinks: whoever owns the sockets ends them. */
  close(): void;
}

export interface FanoutOptions {
  readonly hub: Hub;
  /** What a reader may be told of something thrown. */
  readonly errorOf: (error: unknown) => GraphQLFormattedError;
  /** Subjects, or rows of the log, that may wait for one reader; beyond, they are read from the store again. */
  readonly queueLimit?: number;
  /** How long nothing may move for a reader that lags before its connection is ended, in milliseconds. */
  readonly slowAfterMs?: number;
}

/** How often lagging readers are looked after, in milliseconds. One timer serves them all, only while there are any. */
const LOOK_MS = 50;

export function createFanout(options: FanoutOptions): Fanout {
  const { queueLimit = 1_024, slowAfterMs = 10_000 } = options;
  const groups = new Map<string, Group>();
  const lagging = new Set<Member>();
  let size = 0;
  let timer: NodeJS.Timeout | null = null;

  function look(): void {
    const now = performance.now();
    for (const member of lagging) {
      member.drained();
      if (!member.lagging) lagging.delete(member);
      else if (now - member.movedAt >= slowAfterMs) member.endAsSlow();
    }
    if (lagging.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  }

  const home: GroupHome = {
    ...options,
    limit: queueLimit,
    lags(member) {
      if (lagging.has(member)) return;
      lagging.add(member);
      member.movedAt = performance.now();
      timer ??= setInterval(look, LOOK_MS).unref();
    },
    left(member) {
      size -= 1;
      lagging.delete(member);
    },
    empty(group) {
      if (groups.get(group.key) === group) groups.delete(group.key);
    },
  };

  const stopListening = options.hub.onReset(() => {
    for (const group of groups.values()) group.reset();
  });

  return {
    join(operation, sink) {
      let group = groups.get(operation.key);
      if (group === undefined) {
        group = new Group(operation, home);
        groups.set(operation.key, group);
      }
      size += 1;
      return group.join(operation.source, sink);
    },
    get size() {
      return size;
    },
    get groups() {
      return groups.size;
    },
    close() {
      stopListening();
      for (const group of groups.values()) group.close();
      if (timer !== null) clearInterval(timer);
      timer = null;
    },
  };
}

interface GroupHome extends FanoutOptions {
  readonly limit: number;
  lags(member: Member): void;
  left(member: Member): void;
  empty(group: Group): void;
}

/** All subscriptions that ask the same, for as long as there is one. */
class Group implements MemberHome {
  readonly #operation: Tellable;
  readonly #home: GroupHome;
  readonly #members = new Set<Member>();
  readonly #unsubscribe: () => void;
  /** Executed once for all members that it is sent to. */
  readonly #deliveries = new WeakMap<Message, Delivery>();
  #reopening: Promise<Opening<Message>> | null = null;
  /** Whether entries can be judged: not before the store was read once. */
  #learned = false;

  constructor(operation: Tellable, home: GroupHome) {
    this.#operation = operation;
    this.#home = home;
    this.#unsubscribe = home.hub.subscribe(operation.source.topic, (entry) => this.#hear(entry));
  }

  get key(): string {
    return this.#operation.key;
  }

  get limit(): number {
    return this.#home.limit;
  }

  /** `source` has the member's own cursors; all else it says is the group's. */
  join(source: Source, sink: Sink): Member {
    const member = new Member(this, sink);
    this.#members.add(member);
    void member.open(() => source.open());
    return member;
  }

  close(): void {
    for (const member of this.#members) member.leave();
  }

  /** The store has another history now. */
  reset(): void {
    this.#learned = false;
    this.#reopening = null;
    this.#operation.source.unlearn();
    for (const member of this.#members) member.reset();
  }

  deliveryOf(message: Message): Delivery {
    const known = this.#deliveries.get(message);
    if (known !== undefined) return known;
    const delivery = new Delivery(0, null, message);
    this.#deliveries.set(message, delivery);
    return delivery;
  }

  render(delivery: Delivery): Rendered | Promise<Rendered> {
    return delivery.render(this.#operation.run);
  }

  resume(position: number): Promise<Opening<Message>> {
    return this.#operation.source.resume(position);
  }

  /** Those that begin anew at once are one reading. */
  reopen(): Promise<Opening<Message>> {
    const reopening = this.#reopening ?? this.#operation.source.reopen();
    this.#reopening = reopening;
    const isOver = () => {
      if (this.#reopening === reopening) this.#reopening = null;
    };
    reopening.then(isOver, isOver);
    return reopening;
  }

  learn(opening: Opening<Message>): void {
    this.#operation.source.learn(opening);
    this.#learned = true;
  }

  errorsOf(error: unknown): readonly GraphQLFormattedError[] {
    return [this.#home.errorOf(error)];
  }

  lags(member: Member): void {
    this.#home.lags(member);
  }

  left(member: Member): void {
    this.#members.delete(member);
    this.#home.left(member);
    if (this.#members.size > 0) return;
    this.#unsubscribe();
    this.#home.empty(this);
  }

  #hear(entry: JournalEntry): void {
    if (!this.#learned) {
      for (const member of this.#members) member.miss(entry.position);
      return;
    }
    const { source } = this.#operation;
    const message = source.toMessage(entry);
    if (message === null) return;
    const delivery = new Delivery(entry.position, source.subject(message), message);
    for (const member of this.#members) member.offer(delivery);
  }
}
