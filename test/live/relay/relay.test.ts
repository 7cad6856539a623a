import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CatchUp } from '../../../src/domain/catch-up.ts';
import type { JournalEntry } from '../../../src/domain/journal/entry.ts';
import { fingerprintOf } from '../../../src/domain/journal/fingerprint.ts';
import type { Sighting } from '../../../src/domain/journal/history.ts';
import { createHub } from '../../../src/live/hub.ts';
import { createRelay } from '../../../src/live/relay/relay.ts';
import { watchHeads } from '../../../src/live/relay/watch-heads.ts';
import { createSubscriptions } from '../../../src/live/sources/subscriptions.ts';
import { createLogger } from '../../../src/logger.ts';
import { entryOf, IDENTITY, nothingStalled, positionOf } from '../../support/builders/entries.ts';
import { operator } from '../../support/builders/viewers.ts';

const BEGINNING = '0000000000000000';

/** A relay over a journal whose reads wait until the test lets them go, and what it published. */
async function startRelay({ shared = false } = {}) {
  const log = createLogger({ level: 'silent' });
  const hub = createHub({ log });
  const rows: JournalEntry[] = [];
  const published: number[] = [];
  const head = {
    ...{ identity: IDENTITY, position: 0, fingerprint: BEGINNING },
    ...{ lowest: 0, lowestFingerprint: BEGINNING, recomputations: 0 },
    ...{ system: 'a' as string | null, timeline: '1' as string | null, isStandby: false },
  };
  const sightingOf = (position: number): Sighting => ({
    ...head,
    rowThere: rows.find((row) => row.position === position)?.row.fingerprint ?? null,
  });
  let reads = 0;
  let resets = 0;
  let history = 0;
  let hold: Promise<void> = Promise.resolve();
  let notified: (position: number | null) => void = () => {};
  hub.subscribe('journal', (entry) => published.push(positionOf(entry)));
  hub.onReset(() => {
    resets += 1;
  });
  const relay = await createRelay({
    hub,
    log,
    shared,
    journal: {
      look: async ({ position }) => sightingOf(position),
      async entriesAfter({ position }, limit) {
        const entries = rows.filter((row) => row.position > position).slice(0, limit);
        const sighting = sightingOf(position);
        await hold;
        reads += 1;
        return { sighting, entries };
      },
      published() {},
      replaced() {},
    },
    listen: async (callback) => {
      notified = callback;
      return async () => {};
    },
  });
  const portionAfter = (position: number) => ({
    head,
    rows: rows.flatMap(({ row }) => (row.position > position ? [row] : [])),
    more: false,
  });
  const noStates = {
    find: async () => ({ head: { ...head }, found: null }),
    since: async () => ({ head: { ...head }, rows: [], more: false }),
    stalled: nothingStalled,
  };
  /** What subscriptions read of the same store. */
  const catchUp: CatchUp = {
    head: async () => ({ ...head }),
    fingerprintAt: async (position) => sightingOf(position).rowThere,
    sessions: noStates,
    payments: noStates,
    journalSince: async (position) => portionAfter(position),
  };
  return {
    hub,
    relay,
    catchUp,
    published,
    /** How often the journal was read. */
    reads: () => reads,
    /** Has the relay look at the store, as the poll does, and resolves when it has published what is there. */
    async caughtUp(): Promise<void> {
      await relay.check();
      while (relay.behind > 0) await new Promise((resolve) => setImmediate(resolve));
    },
    notified: (position: number | null) => notified(position),
    /** As the recorder would: in the store first, then published. */
    commit(...positions: number[]): JournalEntry[] {
      const entries = positions.map((position) => {
        const entry = entryOf(position, { sessionId: `s${position}` });
        const row = { ...entry.row, digest: `${history}-${position}` };
        head.fingerprint = fingerprintOf(head.fingerprint, row);
        head.position = position;
        return { ...entry, row: { ...row, fingerprint: head.fingerprint } };
      });
      rows.push(...entries);
      return entries;
    },
    /** Deleted, as `forget` does. */
    erase(position: number): void {
      rows.splice(
        rows.findIndex((row) => row.position === position),
        1,
      );
      head.lowest = position;
    },
    /** Puts the store back to what it was at a position; what is committed from now on is another history. */
    putBack(position: number): void {
      history += 1;
      rows.splice(rows.findIndex((row) => row.position > position));
      const last = rows.at(-1)?.row ?? { position: 0, fingerprint: BEGINNING };
      Object.assign(head, { position: last.position, fingerprint: last.fingerprint });
    },
    /** What the store says of itself. */
    head,
    resets: () => resets,
    /** Reads begun from now on answer once the function returned is called. */
    holdReads(): () => void {
      let release = (): void => {};
      hold = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
  };
}

describe('the relay', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('publishes an own batch as it is only where it is the next row', async () => {
    const { relay, published, commit, caughtUp } = await startRelay();
    relay.announce(commit(1, 2)).committed();
    expect(published).toEqual([1, 2]);
    commit(3);
    relay.announce(commit(4, 5)).committed();
    expect(published).toEqual([1, 2]);
    await caughtUp();
    expect(published).toEqual([1, 2, 3, 4, 5]);
    await relay.close();
  });

  it('publishes a batch that is committed while the journal is being read, without waiting for another', async () => {
    const { hub, relay, published, commit, notified, holdReads } = await startRelay();
    const release = holdReads();
    // A reconnected listener has the journal read; nothing is new in it yet.
    notified(null);
    relay.announce(commit(1)).committed();
    const arrived = new Promise<void>((resolve) => hub.subscribe('journal', () => resolve()));
    release();
    await arrived;
    expect(published).toEqual([1]);
    await relay.close();
  });

  it('passes over positions that were deleted before they were published', async () => {
    const { relay, published, commit, erase, caughtUp } = await startRelay();
    commit(1, 2, 3);
    erase(2);
    erase(3);
    await caughtUp();
    expect([published, relay.behind]).toEqual([[1], 0]);
    relay.announce(commit(4)).committed();
    expect(published).toEqual([1, 4]);
    await relay.close();
  });

  it('publishes nothing twice and nothing out of order, however notifications come', async () => {
    const { relay, published, commit, notified, caughtUp } = await startRelay();
    const own = commit(1);
    notified(1);
    relay.announce(own).committed();
    notified(1);
    notified(null);
    commit(2, 3);
    notified(3);
    notified(2);
    await caughtUp();
    expect(published).toEqual([1, 2, 3]);
    await relay.close();
  });

  it('does not read back an own batch whose notification comes before the answer to COMMIT', async () => {
    const { relay, published, commit, notified, reads, caughtUp } = await startRelay();
    const own = commit(1, 2);
    const announced = relay.announce(own);
    notified(2);
    announced.committed();
    await caughtUp();
    expect([published, reads()]).toEqual([[1, 2], 0]);
    await relay.close();
  });

  it('reads what it was notified of while an own batch was in flight that then failed, or may have', async () => {
    const { hub, relay, published, commit, notified } = await startRelay();
    const lost = commit(1, 2);
    const announced = relay.announce(lost);
    notified(2);
    const arrived = new Promise<void>((resolve) =>
      hub.subscribe('journal', (published) => positionOf(published) === 2 && resolve()),
    );
    announced.abandoned();
    await arrived;
    expect(published).toEqual([1, 2]);
    await relay.close();
  });

  it("reads another's batch at once while an own one is in flight", async () => {
    const { hub, relay, published, commit, notified } = await startRelay();
    commit(1);
    const own = commit(2);
    const arrived = new Promise<void>((resolve) => hub.subscribe('journal', () => resolve()));
    relay.announce(own);
    notified(1);
    await arrived;
    expect(published).toEqual([1, 2]);
    await relay.close();
  });

  it('looks every second where others write, notified or not', async () => {
    vi.useFakeTimers();
    const { relay, published, commit } = await startRelay({ shared: true });
    commit(1, 2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(published).toEqual([1, 2]);
    await relay.close();
  });

  describe('finds that the store was put back', () => {
    it.each([
      ['by the journal ending before what was published', 1, []],
      ['by another row where one was published', 2, [3]],
      ['by rows beyond what was published, behind another row', 1, [2, 3, 4, 5]],
    ] as const)('%s, resets the hub, and goes on from there', async (_, to, positions) => {
      const { relay, published, commit, putBack, resets, head, caughtUp } = await startRelay();
      relay.announce(commit(1, 2, 3)).committed();
      putBack(to);
      commit(...positions);
      await caughtUp();
      await relay.check();
      expect(resets()).toBe(1);
      // What is there already is in the openings.
      expect(published).toEqual([1, 2, 3]);
      relay.announce(commit(head.position + 1)).committed();
      expect(published).toEqual([1, 2, 3, head.position]);
      expect([resets(), relay.behind]).toEqual([1, 0]);
      await relay.close();
    });

    it('when it writes there itself, though positions go on as if nothing had been', async () => {
      const { hub, relay, published, commit, putBack, resets, caughtUp } = await startRelay();
      relay.announce(commit(1, 2, 3)).committed();
      putBack(2);
      commit(3);
      const own = commit(4);
      const reset = new Promise<void>((resolve) => hub.onReset(resolve));
      relay.announce(own).committed();
      await reset;
      expect([published, resets()]).toEqual([[1, 2, 3], 1]);
      relay.announce(commit(5)).committed();
      await caughtUp();
      expect([published, resets()]).toEqual([[1, 2, 3, 5], 1]);
      await relay.close();
    });

    it('when it is notified of a position that was published already', async () => {
      const { hub, relay, published, commit, putBack, notified } = await startRelay();
      relay.announce(commit(1, 2, 3)).committed();
      putBack(1);
      commit(2);
      const reset = new Promise<void>((resolve) => hub.onReset(resolve));
      notified(2);
      notified(2);
      await reset;
      relay.announce(commit(3)).committed();
      expect(published).toEqual([1, 2, 3, 3]);
      await relay.close();
    });

    it.each([
      ['another identity', { identity: 'ffffffff' }],
      ['another cluster', { system: 'b' }],
      ['another timeline', { timeline: '2' }],
      ['recomputed state', { recomputations: 1 }],
    ])('by %s, once', async (_, said) => {
      const { relay, commit, resets, head } = await startRelay();
      relay.announce(commit(1, 2, 3)).committed();
      Object.assign(head, said);
      expect([await relay.check(), await relay.check(), resets()]).toEqual([true, true, 1]);
      await relay.close();
    });

    it('and takes neither deleted rows, nor silence about the server, nor a standby for it', async () => {
      const { relay, commit, resets, erase, head, putBack } = await startRelay();
      relay.announce(commit(1, 2, 3)).committed();
      head.lowestFingerprint = head.fingerprint;
      erase(3);
      Object.assign(head, { system: null, timeline: null });
      expect([await relay.check(), resets()]).toEqual([true, 0]);
      putBack(1);
      head.isStandby = true;
      expect([await relay.check(), resets()]).toEqual([false, 0]);
      await relay.close();
    });

    it('by the journal ending before what a subscriber was shown, though nothing of that was published', async () => {
      const { relay, published, commit, putBack, resets } = await startRelay();
      relay.announce(commit(1)).committed();
      const [shown] = commit(2).map((entry) => entry.row);
      if (shown !== undefined) relay.notice(shown);
      putBack(1);
      expect([await relay.check(), resets()]).toEqual([true, 1]);
      relay.announce(commit(2)).committed();
      expect([published, await relay.check(), resets()]).toEqual([[1, 2], true, 1]);
      await relay.close();
    });

    it('by another row where a subscriber was shown one, its own too', async () => {
      const { hub, relay, published, commit, putBack, resets } = await startRelay();
      const [shown] = commit(1).map((entry) => entry.row);
      if (shown !== undefined) relay.notice(shown);
      putBack(0);
      const reset = new Promise<void>((resolve) => hub.onReset(resolve));
      relay.announce(commit(1)).committed();
      await reset;
      expect([published, resets()]).toEqual([[], 1]);
      await relay.close();
    });

    it('while it reads: nothing of what it read before is published', async () => {
      const { relay, published, commit, putBack, notified, holdReads, resets, reads } = await startRelay();
      relay.announce(commit(1)).committed();
      commit(2, 3);
      const release = holdReads();
      notified(3);
      putBack(0);
      commit(1);
      await relay.check();
      release();
      while (reads() < 2) await new Promise((resolve) => setImmediate(resolve));
      expect([published, resets(), relay.behind]).toEqual([[1], 1, 0]);
      relay.announce(commit(2)).committed();
      expect(published).toEqual([1, 2]);
      await relay.close();
    });

    it('when a subscription reads that it was put back: no batch of before follows what it is shown', async () => {
      const { hub, relay, commit, putBack, catchUp, caughtUp } = await startRelay();
      relay.announce(commit(1, 2, 3, 4)).committed();
      // Committed, and its answer still on the way.
      const late = relay.announce(commit(5));
      putBack(2);
      const live = createSubscriptions({ hub, catchUp: watchHeads(catchUp, relay) });
      const source = live.callbackRecorded({ viewer: operator, cursors: [] });
      const reader = source[Symbol.asyncIterator]();
      const shown = [await reader.next()];
      late.committed();
      commit(3);
      await caughtUp();
      shown.push(await reader.next());
      expect(shown.map(({ value }) => value?.callback?.position ?? 'opening')).toEqual(['opening', 3]);
      await reader.return?.();
      await relay.close();
    });
  });
});
