import { expect } from 'vitest';
import { parseCallback } from '../../../src/callbacks/parse/parse.ts';
import { readConfig } from '../../../src/config/config.ts';
import { openStore } from '../../../src/db/open.ts';
import { rebuild } from '../../../src/db/upkeep/rebuild.ts';
import type { Break } from '../../../src/domain/journal/history.ts';
import { createLogger } from '../../../src/logger.ts';
import { at, postCallback, query } from '../clients/client.ts';
import { LiveReader, type LiveRequest } from '../clients/live-reader.ts';
import { readersReach, versionOf } from '../clients/returning-reader.ts';
import { closeLater } from '../closing.ts';
import { startGateway } from '../gateways/gateway.ts';
import { untilReadyz } from '../until.ts';
import { DEFAULTS } from './memory-store.ts';
import { expectTheFold, readStore } from './tables.ts';

/** Machines of CI may be slow; what is promised is a second or two. */
const WITHIN_MS = 10_000;

export interface PutBack {
  /** Where the gateways find their store. */
  readonly databaseUrl: string;
  /** Keeps what the store holds now. */
  save(): Promise<void>;
  /** Puts back what was kept; the store answers again when it resolves. */
  putBack(): Promise<void>;
  /** What both gateways log that they found. */
  readonly found: Break;
}

let marks = 0;
const callbackOf = (sessionId: string) => ({
  ...{ sessionId, userId: 'anna', bankId: 'bank-75', stage: 'Transactions', status: 'InProgress' },
  ...{ accountId: 'account-1', transactionStatus: 'Booked', transactionsCount: ++marks },
});

/** As the aggregator does: again, as long as the answer is a 503. */
async function deliver(url: string, ...sessionIds: readonly string[]): Promise<void> {
  for (const sessionId of sessionIds) {
    const callback = callbackOf(sessionId);
    const late = Date.now() + WITHIN_MS;
    let { status } = await postCallback(url, callback);
    while (status === 503 && Date.now() < late) ({ status } = await postCallback(url, callback));
    expect(status).toBe(200);
  }
}

/**
 * Two gateways with readers, whose store is put back under them to what it held a few callbacks before. Holds them to
 * all that is promised then.
 */
export async function expectTakenUp({ databaseUrl, save, putBack, found }: PutBack): Promise<void> {
  const lines: string[] = [];
  const log = createLogger({ level: 'warn', to: { write: (line) => lines.push(line) } });
  const gateways = [
    await startGateway({ databaseUrl }, { log }),
    await startGateway({ databaseUrl }, { log }),
  ];
  const [a = '', b = ''] = gateways.map(({ url }) => url);

  await deliver(a, 'one', 'two');
  await deliver(b, 'two', 'three');
  const faithful = await reading(a, { of: 'sessions', filter: {} });
  await faithful.disconnect();
  await save();

  // The writer of b knows session `two` as it will be no more.
  const returning = await reading(a, { of: 'sessions', filter: {} });
  await deliver(b, 'two');
  await deliver(a, 'one', 'lost', 'three');
  await deliver(b, 'two');
  const requests: readonly LiveRequest[] = [
    { of: 'session', sessionId: 'two' },
    { of: 'session', sessionId: 'lost' },
    { of: 'sessions', filter: {} },
    { of: 'log' },
  ];
  const readers = await Promise.all(
    [a, b].flatMap((url) => requests.map((request, n) => reading(url, request, n % 2 === 0 ? 'ws' : 'sse'))),
  );
  const position = await headOf(a);
  expect(
    await readersReach([returning], () => returning.received.at(-1)?.position === position, WITHIN_MS),
  ).toBe(true);
  await returning.disconnect();
  const counts = readers.map(({ received }) => received.length);
  await putBack();
  for (const url of [a, b]) await untilReadyz(url, 200, WITHIN_MS);
  // Nobody is sent here before it is taken up.
  const foundBy = () => lines.flatMap((line) => at(JSON.parse(line), 'found') ?? []);
  expect(foundBy()).toEqual([found, found]);

  const since = (reader: LiveReader, n: number) => reader.received.slice(counts[n]);
  const haveAll = (isSo: (received: LiveReader['received'], reader: LiveReader) => boolean) =>
    readersReach(readers, () => readers.every((reader, n) => isSo(since(reader, n), reader)), WITHIN_MS);
  expect(await haveAll((received) => received.length > 0)).toBe(true);
  for (const [n, reader] of readers.entries()) {
    const [first] = since(reader, n);
    expect(first).toMatchObject({ recovered: false, row: null });
    if (reader.request.of === 'session') {
      expect(first?.session?.version ?? 0).toBe(await versionOf(a, reader.request.sessionId));
    }
  }

  // More than were lost, so that the positions of the lost ones are given again.
  await deliver(a, 'two');
  await deliver(b, 'two', 'lost', 'four');
  await deliver(a, 'four', 'lost');
  await deliver(b, 'two', 'lost');
  await deliver(a, 'two');
  const head = await headOf(a);
  expect(head).toBeGreaterThan(position);
  expect(await headOf(b)).toBe(head);
  const isThere = (received: LiveReader['received'], { request }: LiveReader) =>
    (received.at(-1)?.position ?? 0) >=
    (request.of === 'session' && request.sessionId === 'lost' ? head - 1 : head);
  expect(await haveAll(isThere)).toBe(true);
  for (const [n, reader] of readers.entries()) {
    const [first, ...rest] = since(reader, n);
    const positions = [first, ...rest].map((received) => received?.position ?? -1);
    expect(positions).toEqual([...new Set(positions)].sort((x, y) => x - y));
    expect(rest.filter(({ recovered, kind }) => !recovered || kind === 'SNAPSHOT')).toEqual([]);
    if (reader.request.of === 'log') {
      expect(rest.map(({ row }) => row)).toEqual(rest.map((_, at) => (positions[0] ?? 0) + at + 1));
    }
  }

  // A cursor of what was lost is honoured nowhere, though there is a row at its position; an older one is.
  for (const reader of [returning, faithful]) await reader.connect(b);
  const resumed = (reader: LiveReader) => reader.received.find(({ isResumed }) => isResumed);
  const haveResumed = () => resumed(returning) !== undefined && faithful.received.at(-1)?.position === head;
  expect(await readersReach([returning, faithful], haveResumed, WITHIN_MS)).toBe(true);
  expect(resumed(returning)).toMatchObject({ recovered: false, kind: 'SNAPSHOT' });
  expect(resumed(faithful)).toMatchObject({ recovered: true, kind: 'TRANSACTION_PAGE' });

  for (const url of [a, b]) await untilReadyz(url, 200, WITHIN_MS);
  expect(foundBy()).toEqual([found, found]);
  for (const reader of [...readers, returning, faithful]) await reader.disconnect();
  for (const gateway of gateways) await gateway.close();

  const config = { ...readConfig({}), databaseUrl };
  expectTheFold(await readStore(config), DEFAULTS);
  const store = await openStore({ databaseUrl, dataDir: 'memory', pooled: false, log });
  const rebuilt = await rebuild({ store, parse: parseCallback });
  await store.close();
  expect(rebuilt).toMatchObject({ sessions: 0, payments: 0 });
}

/** The position of the newest row. */
async function headOf(url: string): Promise<number> {
  const { data } = await query(url, '{ callbacks(first: 1) { edges { node { position } } } }');
  return Number(at(data, 'callbacks', 'edges', 0, 'node', 'position'));
}

/** A reader that has its opening. */
async function reading(url: string, request: LiveRequest, wire: 'ws' | 'sse' = 'ws'): Promise<LiveReader> {
  const reader = new LiveReader(request, wire, false);
  await reader.connect(url);
  closeLater(() => reader.disconnect());
  expect(await readersReach([reader], () => reader.received.length > 0, WITHIN_MS)).toBe(true);
  return reader;
}
