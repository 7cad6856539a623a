import type { GraphQLFormattedError } from 'graphql';
import { type Emit, type ReaderEnd, UNOBSERVED } from '../../observe.ts';
import type { Hub } from '../hub.ts';
import { type FanoutPort, Group, type Subscribable } from './group.ts';
import { createLaggingMembers } from './lagging.ts';
import type { Sink } from './sink.ts';

/** One subscription, as the transport holds it. */
export interface Membership {
  /** Ends it from the transport's side: nothing of its sink is called any more. */
  leave(reason: ReaderEnd): void;
  /** Its sink is writable again: what waits is sent now, not at the next look. */
  drained(): void;
}

/**
 * Sends each subscription its messages. Those with the same document, variables and viewer scope are one group, with
 * one listener at the hub, one execution and one payload a message; each member costs a write to its socket. See
 * `member.ts` for the life of one subscription.
 */
export interface Fanout {
  join(operation: Subscribable, sink: Sink): Membership;
  /** Subscriptions now. */
  readonly size: number;
  /** Groups now. */
  readonly groups: number;
  /** Forgets all subscriptions without calling their sinks: the transports end the sockets. */
  close(): void;
}

export interface FanoutOptions {
  readonly hub: Hub;
  /** What a client may be shown of something thrown. */
  readonly errorOf: (error: unknown) => GraphQLFormattedError;
  /** Messages that may wait for one member; what is beyond is read from the store again. */
  readonly queueLimit?: number;
  /** A member that lags and is sent nothing for so long is ended with its connection, in milliseconds. */
  readonly slowAfterMs?: number;
  readonly emit?: Emit;
  /** The store's clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

export function createFanout({
  hub,
  errorOf,
  queueLimit = 1_024,
  slowAfterMs = 10_000,
  emit = UNOBSERVED,
  now = Date.now,
}: FanoutOptions): Fanout {
  const groups = new Map<string, Group>();
  const lagging = createLaggingMembers(slowAfterMs);
  let size = 0;

  const port: FanoutPort = {
    hub,
    errorOf,
    queueLimit,
    emit,
    now,
    trackLagging: lagging.track,
    remove(member) {
      size -= 1;
      lagging.forget(member);
    },
    empty(group) {
      if (groups.get(group.key) === group) groups.delete(group.key);
    },
  };

  const stopResets = hub.onReset(() => {
    for (const group of groups.values()) group.restart();
  });

  return {
    join(operation, sink) {
      let group = groups.get(operation.key);
      if (group === undefined) {
        group = new Group(operation, port);
        groups.set(operation.key, group);
      }
      size += 1;
      emit.readerJoined?.({ transport: sink.transport, subject: group.subject });
      return group.join(operation.source, sink);
    },
    get size() {
      return size;
    },
    get groups() {
      return groups.size;
    },
    close() {
      stopResets();
      for (const group of groups.values()) group.close();
      lagging.close();
    },
  };
}
