import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/domain/journal/entry.ts';
import { createHub } from '../../src/live/hub.ts';
import { createLogger } from '../../src/logger.ts';
import { entryOf } from '../support/builders/entries.ts';

const positions = (entries: readonly JournalEntry[]) => entries.map(({ position }) => position);

describe('the hub', () => {
  it('tells each topic its own entries, at once and in the order of position', () => {
    const hub = createHub({ log: createLogger({ level: 'silent' }) });
    const heard: Record<string, JournalEntry[]> = {};
    for (const topic of [
      'journal',
      'sessions',
      'session/s1',
      'session/s2',
      'session-external/e1',
      'sessions-of/u1',
      'payments',
    ] as const) {
      const mine: JournalEntry[] = [];
      heard[topic] = mine;
      hub.subscribe(topic, (entry) => mine.push(entry));
    }
    hub.publish([
      entryOf(1, { sessionId: 's1', externalId: 'e1', userId: 'u1' }),
      entryOf(2, { sessionId: 's2', userId: 'u2' }),
      entryOf(3, null),
    ]);
    expect(Object.fromEntries(Object.entries(heard).map(([topic, all]) => [topic, positions(all)]))).toEqual({
      journal: [1, 2, 3],
      sessions: [1, 2],
      'session/s1': [1],
      'session/s2': [2],
      'session-external/e1': [1],
      'sessions-of/u1': [1],
      payments: [],
    });
    expect(hub.position).toBe(3);
  });

  it('lets a listener that throws hurt nobody else, and logs it', () => {
    const errors: unknown[] = [];
    const hub = createHub({ log: { error: (...args: unknown[]) => errors.push(args) } });
    const heard: number[] = [];
    hub.subscribe('journal', () => {
      throw new Error('mine alone');
    });
    hub.subscribe('journal', ({ position }) => heard.push(position));
    hub.publish([entryOf(1, null), entryOf(2, null)]);
    expect(heard).toEqual([1, 2]);
    expect(errors).toHaveLength(2);
  });

  it('keeps nothing of who has left, and leaving twice is leaving once', () => {
    const hub = createHub({ log: createLogger({ level: 'silent' }) });
    for (let n = 0; n < 1_000; n++) {
      const leave = hub.subscribe(`session/${n}`, () => undefined);
      leave();
      leave();
    }
    expect([hub.size, hub.topics]).toEqual([0, 0]);
    hub.subscribe('sessions', () => undefined);
    hub.close();
    expect([hub.size, hub.topics]).toEqual([0, 0]);
  });

  it('does not tell who leaves while an entry is told', () => {
    const hub = createHub({ log: createLogger({ level: 'silent' }) });
    const heard: string[] = [];
    hub.subscribe('journal', () => leave());
    const leave = hub.subscribe('journal', () => heard.push('late'));
    hub.publish([entryOf(1, null)]);
    expect(heard).toEqual([]);
  });
});
