import { existsSync } from 'node:fs';
import { parse, validate } from 'graphql';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildSchema } from '../../src/schema/build.ts';
import { PRESET_TABS } from '../../src/transport/graphiql/tabs.ts';
import { fields } from '../support/builders/samples.ts';
import { CHROMIUM, launchBrowser } from '../support/clients/browser.ts';
import { postCallback, send } from '../support/clients/client.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const hasChromium = existsSync(CHROMIUM);
if (!hasChromium && !process.env.CI) console.warn(`skipped: GraphiQL in a browser (no ${CHROMIUM})`);

describe("GraphiQL's page", () => {
  let gateway: StartedGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  const assetsOf = async () => {
    const { text } = await send(`${gateway.url}/graphql`, { headers: HTML });
    return [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => String(path));
  };

  it('is served to browsers alone, under a policy that lets nothing in from elsewhere', async () => {
    const page = await send(`${gateway.url}/graphql`, { headers: HTML });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(page.text).not.toMatch(/https?:/);
    const api = await send(`${gateway.url}/graphql?query={__typename}`);
    expect(api.json).toEqual({ data: { __typename: 'Query' } });
  });

  it('has assets that are compressed, cached for good and answered 304', async () => {
    const assets = await assetsOf();
    expect(assets).toHaveLength(4);
    for (const path of assets) {
      const plain = await send(gateway.url + path);
      expect(plain.status).toBe(200);
      expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
      for (const encoding of ['br', 'gzip']) {
        const packed = await send(gateway.url + path, { headers: { 'accept-encoding': encoding } });
        expect(packed.headers['content-encoding']).toBe(encoding);
        expect(Number(packed.headers['content-length'])).toBeLessThan(
          Number(plain.headers['content-length']),
        );
      }
      const again = await send(gateway.url + path, {
        headers: { 'if-none-match': String(plain.headers.etag) },
      });
      expect(again.status).toBe(304);
    }
  });

  it('has preset tabs whose lines are not hidden behind the buttons of a narrow editor', () => {
    const lines = PRESET_TABS.flatMap(({ query: text }) => text.split('\n'));
    expect(lines.filter((line) => line.length > 50)).toEqual([]);
  });

  it('is not there where GRAPHIQL is off', async () => {
    const { url } = await startGateway({ graphiql: false });
    const page = await send(`${url}/graphql?query={__typename}`, { headers: HTML });
    expect(page.json).toEqual({ data: { __typename: 'Query' } });
    const [asset] = await assetsOf();
    expect((await send(url + asset)).status).toBe(404);
  });

  it('opens with operations that the graph admits', () => {
    const schema = buildSchema();
    for (const { query } of PRESET_TABS) expect(validate(schema, parse(query))).toEqual([]);
  });
});

it.runIf(!hasChromium && process.env.CI)('has a Chromium to run in', () => {
  throw new Error(`${CHROMIUM} is not there: install Chromium`);
});

describe.runIf(hasChromium)('GraphiQL in a browser without any network but ours', () => {
  let gateway: StartedGateway;
  let browser: Browser;
  let page: Page;
  const outside: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    gateway = await startGateway({ stalledAfterMs: 1_000 });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    const { host } = new URL(gateway.url);
    await page.route('**', async (route) => {
      const asked = new URL(route.request().url());
      if (asked.host === host || asked.protocol === 'data:' || asked.protocol === 'blob:')
        return route.continue();
      outside.push(asked.href);
      return route.abort();
    });
    await page.goto(`${gateway.url}/graphql`);
    await page.locator('.graphiql-tab').first().waitFor();
  });
  afterAll(async () => {
    await browser.close();
  });

  const tab = async (name: string) => {
    const active = page.locator(`.graphiql-tab-active .graphiql-tab-button[title=${name}]`);
    // A click that comes while the page still moves its tabs is lost on a person too, who clicks again.
    await vi.waitFor(
      async () => {
        await page.locator(`.graphiql-tab-button[title=${name}]`).click();
        await active.waitFor({ timeout: 1_000 });
      },
      { timeout: 20_000 },
    );
  };
  const stop = () => page.getByRole('button', { name: 'Stop query' }).click();
  /** Waits until the result pane says so; it draws blanks that are no spaces. */
  const shows = (text: string, timeout = 20_000) =>
    page.waitForFunction(
      (wanted) =>
        // The page's own world: what it holds is not typed here.
        globalThis.document
          .querySelector('.result-window')
          ?.textContent?.replace(/\s/g, ' ')
          .includes(wanted),
      text,
      { timeout },
    );
  /** Executes until the result pane shows this text; a click that was lost is repeated, as in `tab`. */
  const executeUntil = (text: string) =>
    vi.waitFor(
      async () => {
        const execute = page.getByRole('button', { name: 'Execute query' });
        if (await execute.isVisible()) await execute.click();
        await shows(text, 3_000);
      },
      { timeout: 20_000 },
    );

  it('opens with its preset tabs', async () => {
    const titles = await page.getByRole('tab').allInnerTexts();
    expect(titles.map((title) => title.trim())).toEqual([
      'Session',
      'Sessions',
      'SessionChanges',
      'PaymentChanges',
      'Payments',
      'Callbacks',
      'Overview',
      'Banks',
      'Stalled',
      'Search',
    ]);
  });

  it('shows a change in a running subscription', async () => {
    await tab('SessionChanges');
    await executeUntil('"SNAPSHOT"');
    const ids = { sessionId: 'seen-in-graphiql', sessionExternalId: 'order-7' };
    await postCallback(gateway.url, { ...fields('session-status'), ...ids });
    await shows('"seen-in-graphiql"');
    await stop();
  });

  it('answers a query', async () => {
    await page.reload();
    await page.locator('.graphiql-tab').first().waitFor();
    await tab('Sessions');
    await executeUntil('"liveCursor"');
    await shows('"seen-in-graphiql"');
  });

  it.each([
    ['Overview', '"outcome": "PENDING"'],
    ['Banks', '"bankId": "bank-75"'],
    ['Stalled', '"sessionId": "seen-in-graphiql"'],
    ['Search', '"externalId": "order-7"'],
  ])('has for operators the tab %s, which shows %s', async (name, shown) => {
    await tab(name);
    await executeUntil(shown);
  });

  it('asked nobody else for anything, and had nothing to complain of', () => {
    expect(outside).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
