import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import relayArtifact from '../fixtures/relay/screen-subscription.json' with { type: 'json' };
import { fields } from '../support/builders/samples.ts';
import { CHROMIUM, launchBrowser } from '../support/clients/browser.ts';
import { at, postCallback, query } from '../support/clients/client.ts';
import { serveRecipes } from '../support/clients/recipe-pages.ts';
import { type SpawnedGateway, spawnGateway } from '../support/gateways/gateway.ts';
import { LONG, longOr } from '../support/long.ts';
import { emptyStore } from '../support/stores/empty-store.ts';

const hasChromium = existsSync(CHROMIUM);
const ROUNDS = longOr(10, 1);
const DOWN_MS = 2_000;
/** What the recipes promise, in seconds; asserted in the long form, which runs alone. */
const BACK_WITHIN_S = 3;
const ENDS_WITHIN_MS = 30_000;

const CHANGES = `subscription Changes($sessionId: ID!) {
  sessionStatusChanged(sessionId: $sessionId) { kind recovered session { id version outcome } }
}`;
const IDS = '{ sessionId: "screen" }';
const QUERY = 'query State($sessionId: ID!) { session(sessionId: $sessionId) { id version outcome } }';

/** A screen for each client: what it does beside its recipe is to hand over each state that it shows. */
const SCREENS = {
  apolloScreen: `import { gql } from '@apollo/client';
    import { apollo } from './apollo';
    apollo.subscribe({ query: gql\`${CHANGES}\`, variables: ${IDS} })
      .subscribe(({ data }) => shown(data.sessionStatusChanged.session));
    globalThis.ask = () => apollo.query({ query: gql\`${QUERY}\`, variables: ${IDS}, fetchPolicy: 'network-only' });
    globalThis.held = () => apollo.cache.readQuery({ query: gql\`${QUERY}\`, variables: ${IDS} }).session.version;`,
  urqlScreen: `import { urql } from './urql';
    urql.subscription(\`${CHANGES}\`, ${IDS}).subscribe(({ data }) => shown(data?.sessionStatusChanged.session));
    globalThis.ask = () => urql.query(\`${QUERY}\`, ${IDS}, { requestPolicy: 'network-only' }).toPromise();
    globalThis.held = () => urql.readQuery(\`${QUERY}\`, ${IDS}).data.session.version;`,
  relayScreen: `import { requestSubscription } from 'relay-runtime';
    import { relay } from './relay';
    const subscription = ${JSON.stringify(relayArtifact)};
    requestSubscription(relay, { subscription, variables: ${IDS},
      onNext: ({ sessionStatusChanged: { session } }) =>
        shown(session && { version: relay.getStore().getSource().get(session.id).version }) });`,
  tanstackScreen: `import { QueryObserver, skipToken } from '@tanstack/query-core';
    import { followSession, queryClient } from './tanstack';
    new QueryObserver(queryClient, { queryKey: ['session', 'screen'], queryFn: skipToken, staleTime: Infinity })
      .subscribe(({ data }) => shown(data));
    followSession(\`${CHANGES}\`, 'screen');`,
  sseScreen: `import { liveOverSse } from './graphql-sse';
    liveOverSse.subscribe({ query: \`${CHANGES}\`, variables: ${IDS} },
      { next: ({ data }) => shown(data.sessionStatusChanged.session), error: console.error, complete: () => {} });`,
  eventSourceScreen: `import { follow } from './reopening';
    follow('subscription { sessionStatusChanged(sessionId: "screen") { session { version } } }',
      ({ data }) => shown(data.sessionStatusChanged.session));`,
};
type Screen = keyof typeof SCREENS;
const PRELUDE = `globalThis.states = [];
  function shown(session) { globalThis.states.push({ version: session?.version ?? 0, at: Date.now() }); }\n`;

interface Shown {
  readonly version: number;
  /** In milliseconds since 1970. */
  readonly at: number;
}

describe.runIf(hasChromium)('each client, with its recipe of docs/frontend.md alone', () => {
  let env: { readonly DATA_DIR: string };
  let gateway: SpawnedGateway;
  let browser: Browser;
  let pages: string;
  const screens = new Map<Screen, Page>();

  beforeAll(async () => {
    env = { DATA_DIR: await emptyStore() };
    gateway = await spawnGateway(env);
    const entries = Object.entries(SCREENS).map(([name, code]) => [
      name,
      code.replace(/^((?:\s*import .*\n)*)/, `$1${PRELUDE}`),
    ]);
    pages = await serveRecipes(Object.fromEntries(entries), gateway.url);
    browser = await launchBrowser();
  }, 60_000);
  afterAll(() => browser.close());

  const open = async (name: Screen): Promise<Page> => {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(name, error.message));
    await page.goto(`${pages}/${name}`);
    return page;
  };
  const statesOf = (page: Page): Promise<Shown[]> =>
    page
      .evaluate(() => JSON.stringify(Reflect.get(globalThis, 'states') ?? []))
      .then((text) => JSON.parse(text));
  const newestOf = async (page: Page): Promise<number> => (await statesOf(page)).at(-1)?.version ?? -1;
  const untilNewest = (page: Page, version: number) =>
    vi.waitFor(async () => expect(await newestOf(page)).toBe(version), {
      timeout: ENDS_WITHIN_MS,
      interval: 100,
    });

  let accounts = 0;
  /** One more change of the session; false where no gateway took it. */
  const change = async (): Promise<boolean> => {
    accounts += 1;
    const accountNumber = `BE${String(accounts).padStart(14, '0')}`;
    const details = { accounts: [{ accountNumber, accountType: 'x', accountRelation: [] }] };
    const body = {
      ...fields('session-status'),
      sessionId: 'screen',
      stage: 'Accounts',
      status: 'InProgress',
      details,
    };
    const answer = await postCallback(gateway.url, body).catch(() => null);
    return answer?.status === 200;
  };
  const versionNow = async () =>
    Number(
      at(
        (await query(gateway.url, '{ session(sessionId: "screen") { version } }')).data,
        'session',
        'version',
      ),
    );

  it(
    'ends right without a reload when its gateway is killed under load, and is back soon',
    async () => {
      const names = Object.keys(SCREENS);
      // cast: the keys of SCREENS are all that it has.
      for (const name of names as Screen[]) screens.set(name, await open(name));
      for (const page of screens.values()) await untilNewest(page, 0);
      const seconds = new Map<string, number[]>(names.map((name) => [name, []]));
      for (let round = 0; round < ROUNDS; round += 1) {
        let isLoaded = true;
        const load = (async () => {
          while (isLoaded) if (!(await change())) await delay(20);
        })();
        await vi.waitFor(async () =>
          expect(await newestOf([...screens.values()][0] ?? never())).toBeGreaterThan(0),
        );
        await gateway.kill();
        await delay(DOWN_MS);
        gateway = await spawnGateway({ ...env, PORT: new URL(gateway.url).port });
        const readyAt = Date.now();
        for (const [name, page] of screens) {
          const back = await vi.waitFor(
            async () => (await statesOf(page)).find(({ at }) => at > readyAt) ?? never(),
            { timeout: ENDS_WITHIN_MS, interval: 50 },
          );
          seconds.get(name)?.push((back.at - readyAt) / 1_000);
        }
        isLoaded = false;
        await load;
        const version = await versionNow();
        for (const page of screens.values()) await untilNewest(page, version);
      }
      for (const [name, page] of screens) {
        const versions = (await statesOf(page)).map(({ version }) => version);
        expect(versions, name).toEqual(versions.toSorted((one, other) => one - other));
        await page.close();
      }
      const table = [...seconds].map(
        ([name, took]) => `${name} ${took.map((one) => one.toFixed(2)).join(' ')}`,
      );
      console.log(`seconds to come back after ${DOWN_MS / 1_000} s:\n${table.join('\n')}`);
      if (LONG)
        for (const [name, took] of seconds)
          expect(Math.max(...took), name).toBeLessThanOrEqual(BACK_WITHIN_S);
    },
    60_000 * ROUNDS,
  );

  it.each(['apolloScreen', 'urqlScreen'] as const)(
    'does not let a late answer overwrite what the subscription has brought: %s',
    async (name) => {
      expect(await change()).toBe(true);
      const page = await open(name);
      await untilNewest(page, await versionNow());
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let asked = 0;
      await page.route('**/graphql', async (route) => {
        const response = await route.fetch();
        asked += 1;
        if (asked === 1) await held;
        await route.fulfill({ response });
      });
      const answered = page.evaluate(() => Reflect.get(globalThis, 'ask')().then(() => null));
      await vi.waitFor(() => expect(asked).toBe(1), { timeout: ENDS_WITHIN_MS });
      expect(await change()).toBe(true);
      const version = await versionNow();
      await untilNewest(page, version);
      release();
      await answered;
      expect(await page.evaluate(() => Reflect.get(globalThis, 'held')())).toBe(version);
      expect(asked).toBe(2);
      await page.close();
    },
    60_000,
  );
});

function never(): never {
  throw new Error('not yet');
}
