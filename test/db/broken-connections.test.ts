import postgres from 'postgres';
import { expect, it } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import { callbacks } from '../../src/db/schema.ts';
import { CallboardError } from '../../src/errors.ts';
import { createLogger } from '../../src/logger.ts';
import { body } from '../support/builders/samples.ts';
import { openRecording } from '../support/stores/recording.ts';
import { eachStore } from '../support/stores/stores.ts';

const ROUNDS = 20;
const SENDERS = 8;

eachStore('connections that break', (on) => {
  // PGlite has none.
  it.runIf(on.kind === 'postgres')(
    'cost nobody a callback: every sender gets its answer soon, however often the store ends them all',
    async () => {
      const { store, record } = await openRecording(on);
      const killer = postgres(on.databaseUrl ?? '', { max: 1 });
      let breaking = true;
      let unanswered = 0;
      /** Sends until it is kept, as the aggregator does. */
      const keep = async (data: Uint8Array): Promise<void> => {
        while (true) {
          try {
            await record(data);
            return;
          } catch (error) {
            expect(error).toBeInstanceOf(CallboardError);
            unanswered += 1;
          }
        }
      };
      let sent = 0;
      const senders = Array.from({ length: SENDERS }, async () => {
        while (breaking) {
          const n = sent++;
          const about = { sessionId: `s${n % 5}`, userId: 'u', bankId: 'b', stage: 'Accounts' };
          await keep(body({ ...about, status: 'InProgress', n }));
          // Reads break and come back alike.
          await store.db
            .select()
            .from(callbacks)
            .limit(1)
            .then(
              () => {},
              () => {},
            );
        }
      });
      for (let round = 0; round < ROUNDS; round++) {
        await killer`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'callboard %' and datname = current_database()`;
        const goal = sent + 20;
        while (sent < goal) await killer`select pg_sleep(0.005)`;
      }
      breaking = false;
      await Promise.all(senders);
      await killer.end();
      const kept = await store.db
        .select({ position: callbacks.position })
        .from(callbacks)
        .orderBy(callbacks.position);
      expect(kept.map(({ position }) => position)).toEqual(Array.from({ length: sent }, (_, n) => n + 1));
      expect(unanswered).toBeGreaterThan(0);
    },
    60_000,
  );

  it.runIf(on.kind === 'postgres')(
    'stay away once their store was closed, also those that were about to come back',
    async () => {
      const observer = postgres(on.databaseUrl ?? '', { max: 1 });
      const connections = async () => {
        const found =
          await observer`select pid from pg_stat_activity where application_name like 'callboard %' and datname = current_database() order by pid`;
        return found.map(({ pid }) => pid);
      };
      // Those of other tests.
      const before = await connections();
      const { databaseUrl, dataDir } = on.config();
      const log = createLogger({ level: 'silent' });
      for (let round = 0; round < 3; round++) {
        const store = await openStore({ databaseUrl, dataDir, pooled: false, log });
        const unlisten = await store.listen?.(() => {});
        await observer`select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen %' and datname = current_database()`;
        // It has noticed by then, and waits for 200 ms before it comes back.
        await observer`select pg_sleep(0.1)`;
        await unlisten?.();
        await store.close();
      }
      // A connection that is made again is made after 200 ms; nothing reports one that is not.
      for (const until = Date.now() + 600; Date.now() < until; ) {
        await connections();
      }
      expect(await connections()).toEqual(before);
      await observer.end();
    },
  );
});
