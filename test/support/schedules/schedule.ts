import { setTimeout as pause } from 'node:timers/promises';
import { readConfig } from '../../../src/config/config.ts';
import { at, postCallback, query } from '../clients/client.ts';
import { productionEnv } from '../gateways/production.ts';
import type { PostgresProxy } from '../stores/postgres-proxy.ts';
import { readStore, type Tables } from '../stores/tables.ts';
import type { Acknowledged, Answered, History, Restore } from './history.ts';
import type { Instances } from './instances.ts';
import type { Fault, Plan, PlannedCallback } from './plan.ts';
import { startReader } from './reader.ts';
import { storeAtEnd } from './store-at-end.ts';
import type { StoreFaults } from './store-faults.ts';
import { headersOf } from './viewers.ts';
import { violationsOf } from './violations.ts';

/** What a schedule is carried out on. */
export interface Site {
  readonly databaseUrl: string;
  readonly instances: Instances;
  readonly faults: StoreFaults;
  readonly proxy: PostgresProxy;
}

export interface Outcome {
  readonly history: History;
  readonly tables: Tables;
  readonly violations: readonly string[];
}

/** How long answers and the last messages may take once every fault is over; what is promised is a second or two. */
const QUIET_WITHIN_MS = 20_000;
const SECRET = { [productionEnv.CALLBACK_HEADER]: productionEnv.CALLBACK_HEADER_SECRETS };
const SEEN = `query ($other: ID!, $payment: ID!) {
  sessions(first: 20) { edges { node { sessionId userId version accounts { accountNumber } } } }
  payments(first: 20) { edges { node { paymentId user { externalId } } } }
  session(sessionId: $other) { sessionId userId }
  payment(paymentId: $payment) { paymentId user { externalId } }
}`;

/** Carries a plan out, waits until everything is quiet, and says what was seen. */
export async function carryOut(plan: Plan, site: Site): Promise<Outcome> {
  const { instances, databaseUrl } = site;
  let onMessage = (): void => {};
  const readers = await Promise.all(
    readersOf(plan).map((reader, n) =>
      startReader({ ...reader, url: (turn) => instances.url(n + turn), onMessage: () => onMessage() }),
    ),
  );
  const haveOpened = () => readers.every(({ messages }) => messages.length > 0);
  await until(haveOpened, QUIET_WITHIN_MS, (wake) => {
    onMessage = wake;
  });

  const began = performance.now();
  const answered: Answered[] = [];
  const at = async (ms: number): Promise<void> => {
    const left = began + ms - performance.now();
    if (left > 0) await pause(left);
  };
  const [acknowledged, restores] = await Promise.all([
    Promise.all(
      plan.callbacks.map(async (callback) => {
        await at(callback.at);
        return deliver(callback, instances);
      }),
    ),
    Promise.all(plan.faults.map((fault) => befall(fault, at, site))),
    ...plan.people.map(async (person, n) => {
      for (let ms = 0; ms < 1_200; ms += 150) {
        await at(ms);
        await ask(person, plan.people[1 - n] ?? '', instances.url(ms / 150), answered);
      }
    }),
    ...plan.departures.map(async ({ at: ms, reader }) => {
      await at(ms);
      await readers[reader % readers.length]?.leave();
    }),
  ]);
  await instances.ready(QUIET_WITHIN_MS);

  const tables = await readStore({ ...readConfig({}), databaseUrl });
  const restore = restores.find((restore) => restore !== null) ?? null;
  const end = storeAtEnd(tables);
  const history = { acknowledged, restore, subscriptions: readers, answered, end };
  await until(
    () => violationsOf(history).length === 0,
    QUIET_WITHIN_MS / 2,
    (wake) => {
      onMessage = wake;
    },
  );
  await Promise.all(readers.map((reader) => reader.stop()));
  const failures = readers.flatMap(({ failures }) => failures);
  return { history, tables, violations: [...violationsOf(history), ...failures, ...instances.fallen] };
}

function readersOf({ people: [anna, berta] }: Plan) {
  const all = { sessionId: null, person: null };
  return [
    { ...all, name: "anna's sessions", of: 'sessions', person: anna, wire: 'ws' },
    { ...all, name: "anna's one session", of: 'session', person: anna, sessionId: `${anna}-s0`, wire: 'sse' },
    { ...all, name: "anna's payments", of: 'payments', person: anna, wire: 'sse' },
    { ...all, name: "berta's sessions", of: 'sessions', person: berta, wire: 'sse' },
    {
      ...all,
      name: "berta's view of anna's",
      of: 'session',
      person: berta,
      sessionId: `${anna}-s1`,
      wire: 'ws',
    },
    { ...all, name: "the operator's sessions", of: 'sessions', wire: 'ws' },
    { ...all, name: 'the log', of: 'log', wire: 'ws' },
    { ...all, name: 'the log beside', of: 'log', wire: 'sse' },
  ] as const;
}

/** As the aggregator does: again until it is answered 200. */
async function deliver(
  { mark, body, instance }: PlannedCallback,
  instances: Instances,
): Promise<Acknowledged> {
  const late = performance.now() + QUIET_WITHIN_MS;
  for (let turn = instance; ; turn += 1) {
    const sentAt = performance.now();
    const answer = await postCallback(instances.url(turn), body, SECRET).catch(() => null);
    const answeredAt = performance.now();
    if (answer?.status === 200) {
      const position = at(answer.json, 'position');
      return { mark, sentAt, answeredAt, position: position === undefined ? null : Number(position) };
    }
    if ((answer !== null && answer.status !== 503) || answeredAt > late)
      throw new Error(`a callback is answered ${answer?.status}: ${answer?.text}`);
    await pause(50);
  }
}

/** Does what is planned; gives what was put back. */
async function befall(
  { kind, at: ms, forMs, instance, table }: Fault,
  at: (ms: number) => Promise<void>,
  { instances, faults, proxy }: Site,
): Promise<Restore | null> {
  if (kind === 'put-back' || kind === 'dump') {
    await at(ms / 3);
    const kept = await (kind === 'dump' ? faults.dump() : faults.keep());
    await at(ms);
    return kept.putBack();
  }
  await at(ms);
  switch (kind) {
    case 'kill':
      await instances.killAndStart(instance);
      break;
    case 'freeze':
      await instances.freeze(instance, forMs);
      break;
    case 'clock':
      await instances.putClockOff(instance);
      break;
    case 'notifications-dropped':
      proxy.dropNotifications(true);
      await pause(forMs);
      proxy.dropNotifications(false);
      break;
    case 'listeners':
      await faults.endListeners();
      break;
    case 'lock-table':
      await faults.lockTable(table, forMs);
      break;
    case 'lock-writer':
      await faults.lockWriter(forMs);
      break;
    default:
      throw new Error(`no such fault: ${String(kind satisfies never)}`);
  }
  return null;
}

/** Asks for one's own and for another's; an instance that cannot answer now is no matter. */
async function ask(person: string, other: string, url: string, answered: Answered[]): Promise<void> {
  const variables = { other: `${other}-s0`, payment: `${other}-p0` };
  const answer = await query(url, SEEN, variables, await headersOf(person)).catch(() => null);
  if (answer !== null) answered.push({ person, text: answer.text });
}

/** Resolves when the condition holds, or it is late; looked at whenever `wake` is called. */
async function until(
  condition: () => boolean,
  withinMs: number,
  onWake: (wake: () => void) => void,
): Promise<void> {
  const late = AbortSignal.timeout(withinMs);
  while (!condition() && !late.aborted) {
    await new Promise<void>((resolve) => {
      onWake(() => resolve());
      late.addEventListener('abort', () => resolve(), { once: true });
    });
  }
  onWake(() => {});
}
