import { describe, expect, it } from 'vitest';
import { createHub, type Published } from '../../src/live/hub.ts';
import { publishEntry } from '../../src/live/publish-entry.ts';
import { createLogger } from '../../src/logger.ts';
import { entryOf, positionOf } from '../support/builders/entries.ts';
import { createLatePubSub } from './late-pub-sub.ts';
import { describePubSub } from './pub-sub-suite.ts';

describePubSub('the hub in memory', { create: createHub, delivered: async () => {} });
describePubSub('a pub/sub that delivers later', {
  create: createLatePubSub,
  delivered: () => new Promise((resolve) => setImmediate(resolve)),
});

describe('the hub in memory', () => {
  it('has called the listeners when publish returns', () => {
    const hub = createHub({ log: createLogger({ level: 'silent' }) });
    const received: number[] = [];
    hub.subscribe('journal', (published) => received.push(positionOf(published)));
    hub.publish('journal', entryOf(1, null));
    expect(received).toEqual([1]);
  });
});

describe('an entry', () => {
  it('is published on each of its topics, and on no other', () => {
    const hub = createHub({ log: createLogger({ level: 'silent' }) });
    const topics = [
      'journal',
      'sessions',
      'session/s1',
      'session/s2',
      'session-external/e1',
      'sessions-of/u1',
      'payments',
    ] as const;
    const received = topics.map((topic) => {
      const entries: Published[] = [];
      hub.subscribe(topic, (entry) => entries.push(entry));
      return { topic, entries };
    });
    publishEntry(hub, entryOf(1, { sessionId: 's1', externalId: 'e1', userId: 'u1' }));
    publishEntry(hub, entryOf(2, { sessionId: 's2', userId: 'u2' }));
    publishEntry(hub, entryOf(3, null));
    const positions = received.map(({ topic, entries }) => [topic, entries.map(positionOf)]);
    expect(Object.fromEntries(positions)).toEqual({
      journal: [1, 2, 3],
      sessions: [1, 2],
      'session/s1': [1],
      'session/s2': [2],
      'session-external/e1': [1],
      'sessions-of/u1': [1],
      payments: [],
    });
  });
});
