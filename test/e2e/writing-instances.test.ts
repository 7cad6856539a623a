import { afterEach, describe, expect, test } from 'vitest';
import { parseApplied } from '../../src/callbacks/parse/parse.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import type { EventName } from '../../src/observe.ts';
import { at, postCallback, query } from '../support/clients/client.ts';
import { deliverAll } from '../support/clients/flood.ts';
import { closeAll } from '../support/closing.ts';
import { ownProgram, spawnGateway, startGateway } from '../support/gateways/gateway.ts';
import { LONG, longOr } from '../support/long.ts';
import { DEFAULTS } from '../support/stores/memory-store.ts';
import { openStoreOf } from '../support/stores/recording.ts';
import { eachStore, type TestStore } from '../support/stores/stores.ts';
import { expectTheFold, readTables } from '../support/stores/tables.ts';

const STEPS: readonly EventName[] = [
  'batchBegan',
  'journalWritten',
  'batchWritten',
  'batchCommitted',
  'batchAnswered',
];

let marks = 0;
/** A callback that is new to the journal. */
function bodyFor(sessionId: string): string {
  marks += 1;
  const status = marks % 3 === 0 ? 'Finished' : 'InProgress';
  return JSON.stringify({
    ...{ sessionId, userId: 'user-anna', bankId: 'bank-75', stage: 'Accounts', status, marks },
  });
}

/** The session's version as an instance answers it; asked again where it is too busy with callbacks to answer. */
async function versionAt(url: string, sessionId: string): Promise<unknown> {
  for (;;) {
    const text = 'query ($id: ID) { session(sessionId: $id) { version } }';
    const { data, errors } = await query(url, text, { id: sessionId });
    if (errors === undefined) return at(data, 'session', 'version');
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
  }
}

/** Delivers a callback, again where it is answered 503. */
async function deliver(url: string, body: string): Promise<void> {
  for (;;) {
    const { status } = await postCallback(url, body);
    if (status === 200) return;
    expect(status).toBe(503);
  }
}

/** The journal holds these bodies, each once; its positions have no gap; the states are its fold, and `rebuild` agrees. */
async function expectAllOnce(of: TestStore, bodies: readonly string[]): Promise<void> {
  const store = await openStoreOf(of);
  try {
    const tables = await readTables(store.db);
    const journal = tables.rows.map(({ body }) => new TextDecoder().decode(body));
    const kept = new Set(journal);
    expect(kept.size).toBe(journal.length);
    expect(bodies.filter((body) => !kept.has(body))).toEqual([]);
    expectTheFold(tables, DEFAULTS);
    expect(await rebuild({ store, parse: parseApplied })).toMatchObject({ sessions: 0, payments: 0 });
  } finally {
    await store.close();
  }
}

eachStore('instances that write at once', (of) => {
  afterEach(closeAll);

  describe.skipIf(of.kind === 'pglite')('on one PostgreSQL', () => {
    test.each([2, 3])(
      '%i of them: a query after a 200 sees the callback at each, nothing is lost or written twice',
      async (count) => {
        const gateways = await Promise.all(Array.from({ length: count }, () => startGateway(of.config())));
        const urls = gateways.map(({ url }) => url);
        const sent: string[] = [];
        let checks = 0;
        let stale = 0;
        // Each of these has its own session, and writes each of its callbacks at another instance.
        const write = async (writer: number): Promise<void> => {
          const sessionId = `${count}-${writer}`;
          for (let version = 1; checks < longOr(2_000, 60, 400); version += 1) {
            const body = bodyFor(sessionId);
            sent.push(body);
            const turn = writer + version;
            await deliver(urls[turn % count] ?? '', body);
            if ((await versionAt(urls[(turn + 1) % count] ?? '', sessionId)) !== version) stale += 1;
            checks += 1;
          }
        };
        await Promise.all(Array.from({ length: 4 * count }, (_, writer) => write(writer)));
        for (const gateway of gateways) await gateway.close();
        if (LONG) console.log(`${count} instances: ${stale} of ${checks} answers were stale`);
        expect(stale).toBe(0);
        await expectAllOnce(of, sent);
      },
      longOr(120_000, 20_000),
    );

    const kills = STEPS.flatMap((step) => [1, 2].map((others) => ({ step, others })));
    test.each(LONG ? kills : [{ step: 'batchWritten' as const, others: 1 }])(
      'one is killed at $step while $others more write: nothing that was answered is lost, nothing is written twice',
      async ({ step, others }) => {
        const killed = await spawnGateway(
          of.env({ KILL_EVENT: step, KILL_AT: '5' }),
          15_000,
          ownProgram('killed-at-event'),
        );
        const rest = await Promise.all(Array.from({ length: others }, () => startGateway(of.config())));
        const urls = [killed, ...rest].map(({ url }) => url);
        // All of them write to the same sessions.
        const bodies = urls.map(() =>
          Array.from({ length: 200 }, (_, n) => bodyFor(`${step}-${others}-${n % 20}`)),
        );
        const answers = await Promise.all(
          urls.map((url, n) => deliverAll(url, bodies[n] ?? [], { connections: 10 })),
        );
        expect(await killed.exited).toMatchObject({ signal: 'SIGKILL' });
        const unanswered = bodies.map((some, n) => some.filter((_, at) => answers[n]?.[at]?.status !== 200));
        expect(unanswered[0]?.length).toBeGreaterThan(0);
        const [, survivor = ''] = urls;
        await Promise.all(unanswered.flat().map((body) => deliver(survivor, body)));
        for (const gateway of rest) await gateway.close();
        await expectAllOnce(of, bodies.flat());
        if (LONG) {
          const answered = bodies.flat().length - unanswered.flat().length;
          console.log(
            `killed at ${step}, ${others} more: ${answered} answered, ${unanswered[0]?.length} sent again`,
          );
        }
      },
      60_000,
    );
  });
});
