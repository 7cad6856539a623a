import { beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { createViewerReader } from '../../src/viewers/viewer-reader.ts';
import { send } from '../support/clients/client.ts';
import {
  AUDIENCE,
  goodClaims,
  ISSUER,
  type Issuer,
  seconds,
  startIssuer,
} from '../support/clients/issuer.ts';
import { spawnGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

const HOUR_MS = 3_600_000;
const TIMEOUT_MS = 1_000;
const unavailable = { code: 'UNAVAILABLE', retryable: true };
const refused = { code: 'UNAUTHENTICATED' };

/** What a key server may do apart from serving its keys. */
const FAULTS = ['dead', 'hanging', 'trickling', 'garbage', 'empty', 500, 302] as const;

describe('a key server', () => {
  let issuer: Issuer;
  let clock: number;
  let warned: string[];
  let read: (token: string) => Promise<unknown>;

  beforeEach(async () => {
    issuer = await startIssuer();
    clock = Date.now();
    warned = [];
    const config = readConfig({
      MODE: 'production',
      DATABASE_URL: 'postgres://localhost/none',
      CALLBACK_PATH_SECRETS: 'a-secret-of-the-path',
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      JWT_JWKS_URL: issuer.url,
    });
    const viewers = createViewerReader(config, {
      now: () => clock,
      keySetTimes: { timeoutMs: TIMEOUT_MS },
      log: { warn: (...line: unknown[]) => warned.push(String(line.at(-1))) },
    });
    read = async (token) => viewers.read(`Bearer ${token}`);
  });
  const sign = (header: { readonly kid?: string } = {}) =>
    issuer.sign(goodClaims({ exp: seconds() + 48 * 3_600 }), header);
  const good = async () => expect(await read(await sign())).toMatchObject({ userId: 'anna' });

  it.each(FAULTS)(
    'that is %s: what is known serves for 24 hours, at once, and one line says so',
    async (fault) => {
      const token = await sign();
      await read(token);
      const before = issuer.fetches();
      issuer.answer(fault);
      for (let hour = 1; hour < 24; hour += 1) {
        clock += HOUR_MS;
        const began = performance.now();
        for (let n = 0; n < 10; n += 1) expect(await read(token)).toMatchObject({ userId: 'anna' });
        expect(performance.now() - began).toBeLessThan(TIMEOUT_MS);
      }
      await issuer.settled();
      await good();
      // In the background, never by each request.
      expect(issuer.fetches() - before).toBeLessThanOrEqual(24);
      clock += 2 * HOUR_MS;
      await expect(read(await sign())).rejects.toMatchObject(unavailable);
      expect(warned).toEqual([expect.stringContaining('cannot be fetched')]);

      issuer.answer(null);
      clock += 5_000;
      await good();
      expect(warned).toEqual([expect.any(String), expect.stringContaining('can be fetched again')]);
    },
  );

  it('that rotates is asked at once, and not again within 5 s, even for invented key ids', async () => {
    await good();
    const before = issuer.fetches();
    await issuer.rotate();
    await expect(read(await sign())).rejects.toMatchObject(refused);
    clock += 5_000;
    await Promise.all(Array.from({ length: 20 }, good));
    expect(issuer.fetches() - before).toBe(1);
    for (const kid of ['one', 'two', 'three']) {
      await expect(read(await sign({ kid }))).rejects.toMatchObject(refused);
    }
    expect(issuer.fetches() - before).toBe(1);
  });

  it('that hangs holds an unknown key for its time-out, and a known one not at all', async () => {
    await good();
    const old = await sign();
    await issuer.rotate();
    issuer.answer('hanging');
    clock += 5_000;
    const began = performance.now();
    const unknown = Array.from({ length: 10 }, async () => read(await sign()));
    const settled = Promise.allSettled(unknown);
    for (let n = 0; n < 10; n += 1) expect(await read(old)).toMatchObject({ userId: 'anna' });
    expect(performance.now() - began).toBeLessThan(TIMEOUT_MS);
    for (const one of await settled) expect(one).toMatchObject({ reason: unavailable });
    expect(performance.now() - began).toBeLessThan(5 * TIMEOUT_MS);
    // Within the cooldown nobody waits again.
    const again = performance.now();
    await expect(read(await sign())).rejects.toMatchObject(unavailable);
    expect(performance.now() - again).toBeLessThan(TIMEOUT_MS);
  });

  it('that was never reached is asked by one request for all, and not by each', async () => {
    issuer.answer(500);
    const before = issuer.fetches();
    for (let n = 0; n < 3; n += 1) {
      const many = await Promise.allSettled(Array.from({ length: 20 }, async () => read(await sign())));
      for (const one of many) expect(one).toMatchObject({ reason: unavailable });
    }
    expect(issuer.fetches() - before).toBe(1);
    expect(warned).toHaveLength(1);
  });
});

eachStore('a gateway whose key server has gone', (on) => {
  it.skipIf(on.kind === 'pglite')('answers tokens whose key it knows, and puts off the others', async () => {
    const issuer = await startIssuer();
    const gateway = await spawnGateway(
      on.env({
        MODE: 'production',
        CALLBACK_PATH_SECRETS: 'a-secret-of-the-path',
        JWT_ISSUER: ISSUER,
        JWT_AUDIENCE: AUDIENCE,
        JWT_JWKS_URL: issuer.url,
      }),
    );
    const ask = async (header = {}) =>
      send(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await issuer.sign({}, header)}`,
        },
        body: '{"query":"{ __typename }"}',
      });
    expect((await ask()).status).toBe(200);
    issuer.answer('dead');
    // The key set was fetched a moment ago: none of these asks for it again.
    for (let n = 0; n < 20; n += 1) expect((await ask({ kid: `made-up-${n}` })).status).toBe(401);
    expect((await ask()).status).toBe(200);
    await gateway.terminate();
  });
});
