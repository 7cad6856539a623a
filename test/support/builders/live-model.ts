import { expect } from 'vitest';
import { admitsAll, restrictionsOf } from '../../../src/domain/filter.ts';
import { SESSION_FILTER, type SessionFilter } from '../../../src/domain/session/filter.ts';
import type { Session } from '../../../src/domain/session/session.ts';
import { deliverAll } from '../clients/flood.ts';
import { type LiveMessage, type LiveReader, shownAs } from '../clients/live-reader.ts';
import { createMemoryStore, DEFAULTS, deliveryOf } from '../stores/memory-store.ts';
import type { Wire } from './histories.ts';

/** A change that is published. */
interface Change {
  readonly position: number;
  readonly before: Session | null;
  readonly after: Session;
}

/**
 * What one run's callbacks come to, by the pure fold, and what each reader may have been sent of it. Positions are
 * the store's: the run begins behind `base`, and nobody else writes.
 */
export class LiveModel {
  readonly readers: LiveReader[] = [];
  readonly sent: Wire[] = [];
  readonly #memory = createMemoryStore({ ...DEFAULTS, restartQuietMs: 3_600_000 });
  readonly #base: number;
  readonly #changes: Change[] = [];
  readonly #verified = new Map<LiveReader, number>();

  constructor(base: number) {
    this.#base = base;
  }

  /** The store's last position. */
  get head(): number {
    return this.#base + this.#memory.rows.length;
  }

  /** Delivers all at once; the answers show in what order they were recorded. What is quarantined is delivered alone. */
  async deliver(url: string, wires: readonly Wire[], connections = 20): Promise<void> {
    const bodies = wires.map((wire) => JSON.stringify(wire));
    const answers = await deliverAll(url, bodies, { connections });
    const recorded = answers.map(({ status, text }, n) => {
      expect([status, text]).toEqual([200, expect.any(String)]);
      const { position = null } = JSON.parse(text);
      return { wire: wires[n] ?? {}, position: position === null ? null : Number(position) };
    });
    for (const { wire, position } of recorded.sort((a, b) => Number(a.position) - Number(b.position))) {
      this.#apply(wire, position);
    }
  }

  /** Compares everything received with what may be sent. */
  verify(): void {
    for (const reader of this.readers) {
      if (reader.failure !== null) throw reader.failure;
      const from = this.#verified.get(reader) ?? 0;
      for (const [n, received] of reader.received.slice(from).entries()) {
        this.#verifyMessage(reader, received, reader.received.slice(0, from + n));
      }
      this.#verified.set(reader, reader.received.length);
    }
  }

  /** Whether the reader has received all that it will be sent until the next callback. */
  isNewest(reader: LiveReader): boolean {
    const opening = reader.received[0];
    if (opening === undefined) return false;
    const { request } = reader;
    if (request.of === 'log') return (reader.received.at(-1)?.position ?? 0) === this.head;
    for (const session of this.#memory.sessions.values()) {
      const message = lastOf(reader.received, session.sessionId);
      if (request.of === 'session') {
        if (request.sessionId === session.sessionId && message?.session?.version !== session.version)
          return false;
        continue;
      }
      const last = this.#changes.findLast(
        ({ position, before, after }) =>
          position > opening.position &&
          after.sessionId === session.sessionId &&
          ((before !== null && admitsSession(request.filter, before)) ||
            admitsSession(request.filter, after)),
      );
      if (last === undefined) continue;
      if ((message?.session?.version ?? 0) < last.after.version) return false;
      if (message?.matches !== admitsSession(request.filter, session)) return false;
    }
    return true;
  }

  #apply(wire: Wire, answered: number | null): void {
    const id = String(wire.sessionId);
    const before = this.#memory.sessions.get(id) ?? null;
    const [receipt] = this.#memory.apply([deliveryOf(wire, Date.now())]);
    const position = this.#base + (receipt?.position ?? -1);
    if (receipt?.outcome === 'quarantined') expect(answered).toBeNull();
    else expect(answered).toBe(position);
    this.sent.push(wire);
    const after = this.#memory.sessions.get(id);
    if (after !== undefined && after.version !== (before?.version ?? 0)) {
      this.#changes.push({ position, before, after });
    }
  }

  #verifyMessage({ request }: LiveReader, received: LiveMessage, earlier: readonly LiveMessage[]): void {
    const previous = earlier.at(-1);
    if (previous === undefined) {
      expect(received.isResumed).toBe(false);
    } else {
      // No repeat, no reversal; a resumption has no opening message.
      expect(received.position).toBeGreaterThan(previous.position);
    }
    expect(received.recovered).toBe(true);
    const isOpening = previous === undefined;
    if (request.of === 'log') {
      // No gap.
      if (isOpening) expect(received.row).toBeNull();
      else
        expect([received.row, received.position]).toEqual([received.position, (previous?.position ?? 0) + 1]);
      return;
    }
    expect(received.kind === 'SNAPSHOT').toBe(isOpening);
    if (received.session === null) {
      expect(isOpening).toBe(true);
      return;
    }
    const { sessionId, version, shown } = received.session;
    const change = this.#changes.find(
      ({ after }) => after.sessionId === sessionId && after.version === version,
    );
    if (change === undefined) throw new Error(`${sessionId} never had version ${version}`);
    const { position, after } = change;
    expect(shown).toBe(shownAs(after.outcome, after.stage, after.status));
    if (isOpening) expect(received.position).toBeGreaterThanOrEqual(position);
    else expect(received.position).toBe(position);
    expect(version).toBeGreaterThan(lastOf(earlier, sessionId)?.session?.version ?? 0);
    if (request.of === 'session') expect(sessionId).toBe(request.sessionId);
    else expect(received.matches).toBe(admitsSession(request.filter, after));
  }
}

function lastOf(received: readonly LiveMessage[], sessionId: string): LiveMessage | undefined {
  return received.findLast(({ session }) => session?.sessionId === sessionId);
}

const admitsSession = (filter: SessionFilter, session: Session): boolean =>
  admitsAll(restrictionsOf(SESSION_FILTER, filter), session, Number.NEGATIVE_INFINITY);
