import { afterEach, describe, expect, it, vi } from 'vitest';
import type { JournalEntry } from '../../src/domain/changes.ts';
import { createHub } from '../../src/live/hub.ts';
import { createRelay } from '../../src/live/relay.ts';
import { createLogger } from '../../src/logger.ts';
import { entryOf } from './samples.ts';

/** A journal whose reads wait until the test lets them go, and what the hub was told of it. */
async function relayed({ shared = false } = {}) {
  const log = createLogger({ level: 'silent' });
  const hub = createHub({ log });
  const rows: JournalEntry[] = [];
  const told: number[] = [];
  let last = 0;
  let reads = 0;
  let hold: Promise<void> = Promise.resolve();
  let heard: (position: number | null) => void = () => {};
  hub.subscribe('journal', ({ position }) => told.push(position));
  const relay = await createRelay({
    hub,
    log,
    shared,
    journal: {
      position: async () => last,
      async entriesAfter(position, limit) {
        const found = rows.filter((row) => row.position > position).slice(0, limit);
        await hold;
        reads += 1;
        return found;
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
      const entries = positions.map((position) => entryOf(position, { sessionId: `s${position}` }));
      rows.push(...entries);
      last = Math.max(last, ...positions);
      return entries;
    },
    /** Deleted, as `forget` does. */
    erase(position: number): void {
      rows.splice(
        rows.findIndex((row) => row.position === position),
        1,
      );
    },
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
});
