/** Ends a subscription. Calling it again does nothing. */
export type Unsubscribe = () => void;

/**
 * Publish and subscribe by topic, in the shape of graphql-yoga's and graphql-hive's PubSub. `hub.ts` implements it in
 * memory; `test/live/pub-sub-suite.ts` holds every implementation to what follows.
 *
 * - Order: the listeners of a topic receive its messages one by one, each once, in the order of publishing.
 * - From the moment `subscribe` returns, nothing that is published is missed. Subscriptions attach their listener first
 *   and read the store second; that is how nothing falls between the two.
 * - A listener that throws is logged. Neither the publisher nor another listener notices.
 * - `reset` is a barrier: what was published before it is not delivered after it.
 * - After `dispose` nothing is delivered, and nothing throws: a gateway that stops has operations in flight.
 *
 * An implementation over NATS or Redis may deliver after `publish` has returned. To keep the second promise it
 * receives everything from the start and selects by topic in memory. It may not lose a message silently: a listener
 * sees the positions of one topic only, so it cannot find a hole. Where messages may have been lost (a reconnect), it
 * resets, and every subscription reads the store again.
 *
 * Between instances no such care is needed. What arrives there passes through the relay, which sees every position:
 * positions have no gaps, so a lost message is a hole, and holes are read from the journal.
 */
export interface PubSub<Topic extends string, Message> {
  publish(topic: Topic, message: Message): void;
  subscribe(topic: Topic, listener: (message: Message) => void): Unsubscribe;
  /** Drops what was published and is not delivered yet, then calls each `onReset` listener once. */
  reset(): void;
  /** Calls `listener` at each reset: what its subscriptions received no longer counts. */
  onReset(listener: () => void): Unsubscribe;
  /** Forgets every listener, for good. */
  dispose(): void;
  /** Subscriptions to topics now. */
  readonly size: number;
  /** Topics that have a subscription now: nothing is kept for one that has none. */
  readonly topics: number;
}
