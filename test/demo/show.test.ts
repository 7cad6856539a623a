import { describe, expect, it, vi } from 'vitest';
import { ACTS, createShow } from '../../src/demo/show.ts';
import { createRandom } from '../../src/simulator/plan/random.ts';
import { query } from '../support/clients/client.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { LONG, longOr } from '../support/long.ts';

const CONNECTIONS = longOr(300, 6);
const MAX_ACTS = 5;
const QUIET_MS = 20;
const DISTURBING = ACTS.filter((act) => act !== 'another');
const END = { outcome: 'SUCCEEDED', stage: { name: 'TRANSACTIONS', status: 'FINISHED' } };

describe("the demo's connections", () => {
  it(
    'end right however they are disturbed, and by last write wins each disturbed one ends wrong',
    async () => {
      const { url } = await startGateway({ restartQuietMs: QUIET_MS });
      const stop = new AbortController();
      const options = { url, seed: 3, speed: 0, restartQuietMs: QUIET_MS, signal: stop.signal };
      const show = createShow({ ...options, onChange: () => {} });
      const running = show.run();
      const random = createRandom('acts', LONG ? 'long' : 'short');
      const isOver = () => expect(show.state).toMatchObject({ isOver: true, waiting: 0 });
      let disturbed = 0;
      for (let number = 1; number <= CONNECTIONS; number += 1) {
        expect(show.state.connection).toBe(number);
        const acts = random.integer(0, MAX_ACTS);
        for (let rest = acts; rest > 0; rest -= 1) {
          if (random.chance(0.3)) await vi.waitFor(isOver, { timeout: 10_000, interval: 5 });
          const doing = show.act(random.pick(DISTURBING));
          if (random.chance(0.5)) await doing;
        }
        await vi.waitFor(isOver, { timeout: 10_000, interval: 5 });
        const document = 'query ($id: ID!) { session(sessionId: $id) { outcome stage { name status } } }';
        const { data } = await query(url, document, { id: show.state.sessionId });
        expect(data).toEqual({ session: END });
        const { stage, status, outcome } = show.state.naive ?? {};
        const isRight = outcome === END.outcome && stage === END.stage.name && status === END.stage.status;
        expect(isRight).toBe(acts === 0);
        if (acts > 0) disturbed += 1;
        await show.act('another');
      }
      expect(disturbed).toBeGreaterThan(CONNECTIONS / 2);
      stop.abort();
      await running;
    },
    longOr(300_000, 30_000),
  );
});
