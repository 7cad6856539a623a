import { expect, it } from 'vitest';
import type { JournalEntry } from '../../../src/domain/journal/entry.ts';
import { fingerprintOf } from '../../../src/domain/journal/fingerprint.ts';
import { createHub } from '../../../src/live/hub.ts';
import { createPublished } from '../../../src/live/relay/published.ts';
import { createLogger } from '../../../src/logger.ts';
import { entryOf, positionOf } from '../../support/builders/entries.ts';

const START = { position: 3, fingerprint: 'a'.repeat(16) };

/** What is published behind position 3, and what the hub did. */
function publishing() {
  const hub = createHub({ log: createLogger({ level: 'silent' }) });
  const log: (number | 'reset')[] = [];
  hub.subscribe('journal', (published) => log.push(positionOf(published)));
  hub.onReset(() => log.push('reset'));
  return { published: createPublished(hub, START), log };
}

/** The entry at a position whose row follows a fingerprint. */
function entryAfter(before: string, position: number): JournalEntry {
  const entry = entryOf(position, null);
  return { ...entry, row: { ...entry.row, fingerprint: fingerprintOf(before, entry.row) } };
}

it('the next row is the one at the next position whose fingerprint follows', () => {
  const { published } = publishing();
  expect(published.isNext(entryAfter(START.fingerprint, 4))).toBe(true);
  expect(published.isNext(entryAfter(START.fingerprint, 5))).toBe(false);
  expect(published.isNext(entryAfter('b'.repeat(16), 4))).toBe(false);
});

it('what was published or passed over is not published again', () => {
  const { published, log } = publishing();
  const entries = [3, 4, 5, 6, 7].map((position) => entryOf(position, null));
  published.publish(entries.slice(0, 2));
  published.passOver(START);
  published.passOver({ position: 5, fingerprint: 'c'.repeat(16) });
  published.publish(entries);
  expect([log, published.place.position]).toEqual([[4, 6, 7], 7]);
});

it('after a restart the hub was reset, and the next row is the one behind the new place', () => {
  const { published, log } = publishing();
  published.publish([entryOf(4, null)]);
  published.restartAt({ position: 1, fingerprint: 'd'.repeat(16) });
  const next = entryAfter('d'.repeat(16), 2);
  expect(published.isNext(next)).toBe(true);
  published.publish([next]);
  expect(log).toEqual([4, 'reset', 2]);
});

it('of a row no more is kept than its place', () => {
  const { published } = publishing();
  published.publish([entryOf(4, null)]);
  expect(Object.keys(published.place)).toEqual(['position', 'fingerprint']);
});
