import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ACTS, createShow, type Show } from '../../src/demo/show.ts';
import { createRandom } from '../../src/simulator/plan/random.ts';
import { query } from '../support/clients/client.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';
import { LONG, longOr } from '../support/long.ts';

const CONNECTIONS = longOr(300, 5);
const MAX_ACTS = 5;
/** Whatever comes late has been quiet for so long: without pauses of the run this is the hardest case. */
const QUIET_MS = 1;
const DISTURBING = ACTS.filter((act) => act !== 'another');
const END = { outcome: 'SUCCEEDED', stage: { name: 'TRANSACTIONS', status: 'FINISHED' } };
const DOCUMENT = 'query ($id: ID!) { session(sessionId: $id) { outcome stage { name status } } }';

describe("the demo's connections", () => {
  let gateway: StartedGateway;
  beforeAll(async () => {
    gateway = await startGateway({ restartQuietMs: QUIET_MS });
  });
  afterAll(() => gateway.close());

  const start = (seed: number, onChange = () => {}) => {
    const stop = new AbortController();
    const options = { url: gateway.url, seed, speed: 0, restartQuietMs: QUIET_MS, signal: stop.signal };
    const show = createShow({ ...options, onChange });
    const running = show.run();
    const end = async () => {
      stop.abort();
      await running;
    };
    return { show, end };
  };
  const untilOver = ({ show }: { show: Show }) =>
    vi.waitFor(() => expect(show.state).toMatchObject({ isOver: true, waiting: 0 }), {
      timeout: 20_000,
      interval: 5,
    });
  /** Whether last write wins is right; Callboard has to be. */
  const isNaiveRight = async ({ show }: { show: Show }): Promise<boolean> => {
    const { data } = await query(gateway.url, DOCUMENT, { id: show.state.sessionId });
    expect(data).toEqual({ session: END });
    const { stage, status, outcome } = show.state.naive ?? {};
    return outcome === END.outcome && stage === END.stage.name && status === END.stage.status;
  };

  it(
    'end right however they are disturbed, and by last write wins each disturbed one ends wrong',
    async () => {
      const demo = start(3);
      const random = createRandom('acts', LONG ? 'long' : 'short');
      for (let number = 1; number <= CONNECTIONS; number += 1) {
        expect(demo.show.state.connection).toBe(number);
        const acts = number === 1 ? 0 : random.integer(1, MAX_ACTS);
        for (let rest = acts; rest > 0; rest -= 1) {
          if (random.chance(0.3)) await untilOver(demo);
          const doing = demo.show.act(random.pick(DISTURBING));
          if (random.chance(0.5)) await doing;
        }
        await untilOver(demo);
        expect(await isNaiveRight(demo)).toBe(acts === 0);
        await demo.show.act('another');
      }
      await demo.end();
    },
    longOr(400_000, 60_000),
  );

  it('end right where a press follows each callback', async () => {
    let pressed = 0;
    const demo = start(4, () => {
      const [newest] = demo.show.state.deliveries;
      if (newest?.act !== 'next' || newest.number <= pressed) return;
      pressed = newest.number;
      demo.show.act('duplicate').catch(() => {});
    });
    await untilOver(demo);
    expect(pressed).toBeGreaterThan(20);
    expect(await isNaiveRight(demo)).toBe(false);
    await demo.end();
  }, 60_000);
});
