import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { closeLater } from '../closing.ts';
import { at } from './client.ts';

/** Durations in milliseconds; null where there were none. */
export interface Durations {
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

/** What a crowd received since its last report. */
export interface CrowdReport {
  /** The first things, ever, that were lost, twice, out of order, somebody else's, or began from the start. */
  readonly faults: readonly string[];
  /** From the moment a callback was due to be sent to the reader of its session, of those that had no connection to lose. */
  readonly latency: Durations;
  /** From the end of a reader's connection, or from when it was let come back, until it has the newest state again. */
  readonly comeback: Durations;
  /** Connections that were refused, and callbacks that were answered 503: tried again. */
  readonly again: number;
}

/**
 * Thousands of readers over graphql-ws, each with one subscription to a session of its own on a socket of its own, and
 * the aggregator that changes these sessions. Each change must reach its reader, once and in order.
 */
export interface Crowd {
  /** Connects so many more readers at once. Resolves with the number of those that got nothing in time. */
  open(url: string, count: number, withinMs: number): Promise<number>;
  /**
   * Sends callbacks to the readers' sessions in turn, so many a second, or as fast as they are answered. Resolves with the
   * time that it took, in milliseconds, when each was answered 200.
   */
  change(url: string, count: number, perSecond?: number): Promise<number>;
  /**
   * Where readers come back to with their cursors: at once those that have lost their connection, and from now on those
   * whose connection ends. Null: nowhere.
   */
  comeBackTo(url: string | null): Promise<void>;
  /** Resolves when all readers have everything that was sent, with 0; in time or not, with the number of those that lack some. */
  upToDate(withinMs: number): Promise<number>;
  report(): Promise<CrowdReport>;
}

const SCRIPT = fileURLToPath(new URL('crowd.mjs', import.meta.url));

/** A crowd in a process of its own, ended after the suite. */
export async function startCrowd(): Promise<Crowd> {
  const child = fork(SCRIPT);
  const exited = once(child, 'exit');
  closeLater(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let asked = 0;
  async function ask<Result>(does: string, args: object = {}): Promise<Result> {
    asked += 1;
    const id = asked;
    const answer = new Promise<object>((resolve, reject) => {
      const take = (message: object): void => {
        if (at(message, 'id') !== id) return;
        child.off('message', take);
        const failed = at(message, 'failed');
        if (failed === undefined) resolve(message);
        else reject(new Error(String(failed)));
      };
      child.on('message', take);
    });
    child.send({ id, does, ...args });
    // cast: crowd.mjs answers each command as the interface says
    return at(await answer, 'result') as Result;
  }
  const portOf = (url: string): number => Number(new URL(url).port);
  return {
    open: (url, count, withinMs) => ask('open', { port: portOf(url), count, withinMs }),
    change: (url, count, perSecond) =>
      ask('change', { port: portOf(url), count, perSecond: perSecond ?? null }),
    comeBackTo: (url) => ask('comeBackTo', { port: url === null ? null : portOf(url) }),
    upToDate: (withinMs) => ask('upToDate', { withinMs }),
    report: () => ask('report'),
  };
}
