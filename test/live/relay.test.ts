import { afterEach, describe, expect, it, vi } from 'vitest';
import type { JournalEntry } from '../../src/domain/journal/entry.ts';
import { fingerprintOf } from '../../src/domain/journal/fingerprint.ts';
import type { Sighting } from '../../src/domain/journal/history.ts';
import { createHub } from '../../src/live/hub.ts';
import { createRelay } from '../../src/live/relay.ts';
import { createLogger } from '../../src/logger.ts';
import { entryOf, IDENTITY } from '../support/builders/entries.ts';

const BEGINNING = '0000000000000000';

/** A journal whose reads wait until the test lets them go, and what the hub was told of it. */
async function relayed({ shared = false } = {}) {
  const log = createLogger({ level: 'silent' });
  const hub = createHub({ log });
  const rows: JournalEntry[] = [];
  const told: number[] = [];
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
  let heard: (position: number | null) => void = () => {};
  hub.subscribe('journal', ({ position }) => told.push(position));
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
    },
    listen: async (callback) => {
      heard = callback;
      return async () => {};
    },
  });
  return {
    hub,
    relay,
    told,
    /** How often the journal was read. */
    reads: () => reads,
    heard: (position: number | null) => heard(position),
    /** As the recorder would: in the store first, then told. */
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

  it('tells an own batch directly only where it begins right behind what was told', async () => {
    const { relay, told, commit } = await relayed();
    relay.announce(commit(1, 2)).committed();
    expect(told).toEqual([1, 2]);
    commit(3);
    relay.announce(commit(4, 5)).committed();
    expect(told).toEqual([1, 2]);
    await relay.catchUp();
    expect(told).toEqual([1, 2, 3, 4, 5]);
    await relay.close();
  });

  it('tells a batch that is committed while the journal is being read, without waiting for another', async () => {
    const { hub, relay, told, commit, heard, holdReads } = await relayed();
    const release = holdReads();
    // A reconnected listener has the journal read; nothing is new in it yet.
    heard(null);
    relay.announce(commit(1)).committed();
    const arrived = new Promise<void>((resolve) => hub.subscribe('journal', () => resolve()));
    release();
    await arrived;
    expect(told).toEqual([1]);
    await relay.close();
  });

  it('gets over positions that were deleted before they were told', async () => {
    const { hub, relay, told, commit, erase } = await relayed();
    commit(1, 2, 3);
    erase(2);
    erase(3);
    await relay.catchUp();
    expect([told, hub.position, relay.behind]).toEqual([[1], 3, 0]);
    relay.announce(commit(4)).committed();
    expect(told).toEqual([1, 4]);
    await relay.close();
  });

  it('tells nothing twice and nothing out of order, however notifications come', async () => {
    const { relay, told, commit, heard } = await relayed();
    const own = commit(1);
    heard(1);
    relay.announce(own).committed();
    heard(1);
    heard(null);
    commit(2, 3);
    heard(3);
    heard(2);
    await relay.catchUp();
    expect(told).toEqual([1, 2, 3]);
    await relay.close();
  });

  it('does not read back what it is about to tell itself, though it hears of it first', async () => {
    const { relay, told, commit, heard, reads } = await relayed();
    const own = commit(1, 2);
    const announced = relay.announce(own);
    heard(2);
    announced.committed();
    await relay.catchUp();
    expect([told, reads()]).toEqual([[1, 2], 0]);
    await relay.close();
  });

  it('reads what it heard of while an own batch was in flight that then failed, or may have', async () => {
    const { hub, relay, told, commit, heard } = await relayed();
    const lost = commit(1, 2);
    const announced = relay.announce(lost);
    heard(2);
    const arrived = new Promise<void>((resolve) =>
      hub.subscribe('journal', ({ position }) => position === 2 && resolve()),
    );
    announced.abandoned();
    await arrived;
    expect(told).toEqual([1, 2]);
    await relay.close();
  });

  it("reads another's batch at once while an own one is in flight", async () => {
    const { hub, relay, told, commit, heard } = await relayed();
    commit(1);
    const own = commit(2);
    const arrived = new Promise<void>((resolve) => hub.subscribe('journal', () => resolve()));
    relay.announce(own);
    heard(1);
    await arrived;
    expect(told).toEqual([1, 2]);
    await relay.close();
  });

  it('looks each second where others write, heard or not', async () => {
    vi.useFakeTimers();
    const { relay, told, commit } = await relayed({ shared: true });
    commit(1, 2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([1, 2]);
    await relay.close();
  });

  describe('finds that the store was put back', () => {
    it.each([
      ['by the journal ending before what was told', 1, []],
      ['by another row where one was told', 2, [3]],
      ['by rows beyond what was told, behind another row', 1, [2, 3, 4, 5]],
    ] as const)('%s, tells subscribers, and goes on from there', async (_, to, positions) => {
      const { hub, relay, told, commit, putBack, resets, head } = await relayed();
      relay.announce(commit(1, 2, 3)).committed();
      putBack(to);
      commit(...positions);
      await relay.catchUp();
      await relay.check();
      expect([resets(), hub.place]).toEqual([1, { position: head.position, fingerprint: head.fingerprint }]);
      // What is there already is in the openings.
      expect(told).toEqual([1, 2, 3]);
      relay.announce(commit(head.position + 1)).committed();
      expect(told).toEqual([1, 2, 3, head.position]);
      expect([resets(), relay.behind]).toEqual([1, 0]);
      await relay.close();
    });

    it('when it writes there itself, though positions go on as if nothing had been', async () => {
      const { hub, relay, told, commit, putBack, resets } = await relayed();
      relay.announce(commit(1, 2, 3)).committed();
      putBack(2);
      commit(3);
      const own = commit(4);
      const reset = new Promise<void>((resolve) => hub.onReset(resolve));
      relay.announce(own).committed();
      await reset;
      expect([told, resets(), hub.position]).toEqual([[1, 2, 3], 1, 4]);
      await relay.close();
    });

    it('when it is told of a position that is no news', async () => {
      const { hub, relay, commit, putBack, heard } = await relayed();
      relay.announce(commit(1, 2, 3)).committed();
      putBack(1);
      commit(2);
      const reset = new Promise<void>((resolve) => hub.onReset(resolve));
      heard(2);
      heard(2);
      await reset;
      expect(hub.position).toBe(2);
      await relay.close();
    });

    it.each([
      ['another identity', { identity: 'ffffffff' }],
      ['another cluster', { system: 'b' }],
      ['another timeline', { timeline: '2' }],
      ['state computed anew', { recomputations: 1 }],
    ])('by %s, once', async (_, said) => {
      const { relay, commit, resets, head } = await relayed();
      relay.announce(commit(1, 2, 3)).committed();
      Object.assign(head, said);
      expect([await relay.check(), await relay.check(), resets()]).toEqual([true, true, 1]);
      await relay.close();
    });

    it('and takes neither deleted rows, nor silence about the server, nor a standby for it', async () => {
      const { relay, commit, resets, erase, head, putBack } = await relayed();
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

    it('while it reads: nothing of what it read before is told', async () => {
      const { relay, told, commit, putBack, heard, holdReads, resets } = await relayed();
      relay.announce(commit(1)).committed();
      commit(2, 3);
      const release = holdReads();
      heard(3);
      putBack(0);
      commit(1);
      await relay.check();
      release();
      await relay.catchUp();
      expect([told, resets()]).toEqual([[1], 1]);
      await relay.close();
    });
  });
});
