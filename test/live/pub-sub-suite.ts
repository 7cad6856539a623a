import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/domain/journal/entry.ts';
import type { Hub } from '../../src/live/hub.ts';
import { createLogger, type Logger } from '../../src/logger.ts';
import { entryOf, positionOf } from '../support/builders/entries.ts';

/** One implementation of the pub/sub that subscriptions stand on. */
export interface PubSubUnderTest {
  create(parts: { readonly log: Pick<Logger, 'error'> }): Hub;
  /** Resolves when all that was published before has been delivered. */
  delivered(): Promise<void>;
}

/** What src/live/pub-sub.ts promises, for any implementation. */
export function describePubSub(name: string, { create, delivered }: PubSubUnderTest): void {
  describe(name, () => {
    /** A hub, and what the listener of each topic has received. */
    function listening(...topics: Parameters<Hub['subscribe']>[0][]) {
      const hub = create({ log: createLogger({ level: 'silent' }) });
      const received = topics.map((topic) => {
        const positions: number[] = [];
        hub.subscribe(topic, (published) => positions.push(positionOf(published)));
        return positions;
      });
      return { hub, received };
    }
    const entries = (...positions: number[]): JournalEntry[] =>
      positions.map((position) => entryOf(position, null));

    it('delivers each message of a topic once, in the order of publishing, and none of another topic', async () => {
      const { hub, received } = listening('journal', 'journal', 'session/s1', 'session/s2');
      for (const entry of entries(1, 2, 3, 4)) {
        hub.publish('journal', entry);
        if (positionOf(entry) % 2 === 0) hub.publish('session/s1', entry);
      }
      await delivered();
      expect(received).toEqual([[1, 2, 3, 4], [1, 2, 3, 4], [2, 4], []]);
    });

    it('delivers everything that is published once subscribe has returned, and nothing from before', async () => {
      const { hub } = listening();
      const received: number[] = [];
      for (const entry of entries(1)) hub.publish('journal', entry);
      await delivered();
      hub.subscribe('journal', (published) => received.push(positionOf(published)));
      for (const entry of entries(2)) hub.publish('journal', entry);
      await delivered();
      expect(received).toEqual([2]);
    });

    it('delivers nothing to a listener that has left, be it while a message is delivered', async () => {
      const { hub } = listening();
      const received: string[] = [];
      const leave = hub.subscribe('journal', () => received.push('first'));
      for (const entry of entries(1)) hub.publish('journal', entry);
      leave();
      await delivered();
      received.length = 0;
      hub.subscribe('journal', () => leaveSecond());
      const leaveSecond = hub.subscribe('journal', () => received.push('second'));
      for (const entry of entries(2)) hub.publish('journal', entry);
      await delivered();
      expect(received).toEqual([]);
    });

    it('keeps nothing of a listener that has left, and leaving twice is leaving once', () => {
      const { hub } = listening();
      for (let n = 0; n < 1_000; n++) {
        const leave = hub.subscribe(`session/${n}`, () => undefined);
        leave();
        leave();
      }
      expect([hub.size, hub.topics]).toEqual([0, 0]);
    });

    it('takes one function twice as two subscriptions, each of which ends alone', async () => {
      const { hub } = listening();
      let received = 0;
      const listener = () => {
        received += 1;
      };
      const leave = hub.subscribe('journal', listener);
      hub.subscribe('journal', listener);
      for (const entry of entries(1)) hub.publish('journal', entry);
      await delivered();
      expect([received, hub.size, hub.topics]).toEqual([2, 2, 1]);
      leave();
      for (const entry of entries(2)) hub.publish('journal', entry);
      await delivered();
      expect([received, hub.size, hub.topics]).toEqual([3, 1, 1]);
    });

    it('logs what a listener throws; neither the publisher nor another listener notices', async () => {
      const errors: unknown[] = [];
      const hub = create({ log: { error: (...args: unknown[]) => errors.push(args) } });
      const received: number[] = [];
      hub.subscribe('journal', () => {
        throw new Error('of this listener alone');
      });
      hub.subscribe('journal', (published) => received.push(positionOf(published)));
      for (const entry of entries(1, 2)) hub.publish('journal', entry);
      await delivered();
      expect(received).toEqual([1, 2]);
      expect(errors).toHaveLength(2);
    });

    it('calls the listeners of a reset once each, also behind one that throws, and none that has left', async () => {
      const { hub } = listening();
      let resets = 0;
      hub.onReset(() => {
        throw new Error('of this listener alone');
      });
      hub.onReset(() => {
        resets += 1;
      });
      const leave = hub.onReset(() => {
        resets += 100;
      });
      leave();
      hub.reset();
      await delivered();
      expect(resets).toBe(1);
    });

    it('delivers nothing after a reset that was published before it, and goes on with what comes', async () => {
      const { hub, received } = listening('journal');
      for (const entry of entries(1, 2)) hub.publish('journal', entry);
      await delivered();
      const order: (number | 'reset')[] = [];
      hub.subscribe('journal', (published) => order.push(positionOf(published)));
      hub.onReset(() => order.push('reset'));
      for (const entry of entries(3)) hub.publish('journal', entry);
      hub.reset();
      for (const entry of entries(2)) hub.publish('journal', entry);
      await delivered();
      expect(order.slice(order.indexOf('reset'))).toEqual(['reset', 2]);
      expect(received[0]?.at(-1)).toBe(2);
    });

    it('is silent once it was disposed, whichever method is called', async () => {
      const { hub, received } = listening('journal');
      let resets = 0;
      hub.onReset(() => {
        resets += 1;
      });
      for (const entry of entries(1)) hub.publish('journal', entry);
      await delivered();
      hub.dispose();
      const late: number[] = [];
      const leave = hub.subscribe('journal', (published) => late.push(positionOf(published)));
      hub.onReset(() => {
        resets += 1;
      });
      for (const entry of entries(2)) hub.publish('journal', entry);
      hub.reset();
      leave();
      hub.dispose();
      await delivered();
      expect({ received, late, resets, size: hub.size, topics: hub.topics }).toEqual({
        ...{ received: [[1]], late: [], resets: 0, size: 0, topics: 0 },
      });
    });

    it('delivers nothing more of a message whose listener disposes of it', async () => {
      const { hub } = listening();
      const received: string[] = [];
      hub.subscribe('journal', () => {
        received.push('first');
        hub.dispose();
      });
      hub.subscribe('journal', () => received.push('second'));
      for (const entry of entries(1)) hub.publish('journal', entry);
      await delivered();
      expect(received).toEqual(['first']);
    });
  });
}
