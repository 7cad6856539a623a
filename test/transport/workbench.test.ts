import { existsSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { fields } from '../support/builders/samples.ts';
import { CHROMIUM, launchBrowser } from '../support/clients/browser.ts';
import { postCallback } from '../support/clients/client.ts';
import { spawnGateway, startGateway } from '../support/gateways/gateway.ts';
import { bearer, OPERATOR, productionEnv } from '../support/gateways/production.ts';
import { emptyStore } from '../support/stores/empty-store.ts';

const hasChromium = existsSync(CHROMIUM);
const CHANGES = 20;
const BACK_WITHIN_MS = 20_000;

describe.runIf(hasChromium)("GraphiQL's log of a subscription", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  const openPage = async (url: string): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(`${url}/graphql`);
    await page.locator('.graphiql-tab').first().waitFor();
    return page;
  };
  /** A click that comes while the page still moves its tabs is lost; a person clicks again. */
  const showTab = (page: Page, name: string) =>
    vi.waitFor(
      async () => {
        await page.locator(`.graphiql-tab-button[title=${name}]`).click();
        await page
          .locator(`.graphiql-tab-active .graphiql-tab-button[title=${name}]`)
          .waitFor({ timeout: 1_000 });
      },
      { timeout: BACK_WITHIN_MS },
    );
  const run = (page: Page) =>
    vi.waitFor(
      async () => {
        const execute = page.getByRole('button', { name: 'Execute query' });
        if (await execute.isVisible()) await execute.click();
        await state(page, /^Live/, 5_000);
      },
      { timeout: BACK_WITHIN_MS },
    );
  const state = (page: Page, text: RegExp, timeout = BACK_WITHIN_MS) =>
    page.locator('#log-state').filter({ hasText: text }).waitFor({ timeout });
  const messages = (page: Page) => page.locator('.log-message');
  /** Waits until the log has so many messages. */
  const count = (page: Page, wanted: number) =>
    messages(page)
      .nth(wanted - 1)
      .waitFor({ timeout: BACK_WITHIN_MS });
  /** Each message as it stands in the log, newest first: its version, by what a reader opens. */
  const versions = async (page: Page) =>
    (await messages(page).locator('.log-text').allTextContents()).map(
      (text) => JSON.parse(text).data.sessionStatusChanged.session?.version ?? null,
    );

  /** Changes of one session, each raising its version by one. */
  const change = async (url: string, from: number, to: number, headers = {}) => {
    for (let version = from; version <= to; version += 1) {
      const { accountNumber, ...account } = { accountNumber: '', accountType: 'x', accountRelation: [] };
      const details = { accounts: [{ ...account, accountNumber: `BE${String(version).padStart(14, '0')}` }] };
      const body = {
        ...fields('session-status'),
        sessionId: 'seen',
        stage: 'Accounts',
        status: 'InProgress',
        details,
      };
      expect((await postCallback(url, body, headers)).status).toBe(200);
    }
  };

  it('keeps each of 20 changes readable, newest first, and goes on without a gap after kill -9', async () => {
    const env = { DATA_DIR: await emptyStore() };
    const gateway = await spawnGateway(env);
    const page = await openPage(gateway.url);
    await showTab(page, 'SessionChanges');
    await run(page);
    await count(page, 1);
    await change(gateway.url, 1, CHANGES);
    await count(page, CHANGES + 1);
    const expected = Array.from({ length: CHANGES }, (_, index) => CHANGES - index);
    expect(await versions(page)).toEqual([...expected, null]);
    const newest = messages(page).first();
    expect(await newest.locator('.log-time').textContent()).toMatch(/^\d\d:\d\d:\d\d\.\d{3}$/);
    expect(await newest.locator('.log-kind').textContent()).toBe('ACCOUNTS');
    expect(await newest.locator('.log-cursor').getAttribute('title')).not.toBe('');
    await newest.locator('summary').click();
    expect(await newest.locator('.log-text').isVisible()).toBe(true);

    await gateway.kill();
    await state(page, /^Connection lost/);
    const other = await spawnGateway(env);
    await change(other.url, CHANGES + 1, CHANGES + 1);
    await other.kill();
    const again = await spawnGateway({ ...env, PORT: new URL(gateway.url).port });
    await state(page, /^Live/);
    await change(again.url, CHANGES + 2, CHANGES + 2);
    await count(page, CHANGES + 3);
    expect(await versions(page)).toEqual([CHANGES + 2, CHANGES + 1, ...expected, null]);
    expect(await page.locator('.log-note').allTextContents()).toEqual([
      expect.stringContaining('resumed after cursor'),
      expect.stringContaining('Connection lost'),
    ]);
    await page.close();
  }, 120_000);

  it('is paused and copied, and works at the width of a telephone', async () => {
    const { url } = await startGateway();
    const page = await openPage(url);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.setViewportSize({ width: 390, height: 844 });
    await showTab(page, 'SessionChanges');
    await run(page);
    await count(page, 1);
    await page.getByRole('button', { name: 'Pause' }).click();
    // The button that an empty store is filled with.
    await page.getByRole('button', { name: 'Post a callback' }).click();
    const resume = page.getByRole('button', { name: /^Resume \(\d new\)/ });
    await resume.waitFor();
    await state(page, /^Live · 2 messages/);
    expect(await messages(page).count()).toBe(1);
    await resume.click();
    await count(page, 2);
    expect(await versions(page)).toEqual([1, null]);
    await page.getByRole('button', { name: 'Copy all' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await page.evaluate(() => globalThis.navigator.clipboard.readText());
    expect(copied.split('\n').map((line: string) => JSON.parse(line).kind)).toEqual(['STATUS', 'SNAPSHOT']);
    const beyond = await page.evaluate(() => globalThis.document.documentElement.scrollWidth);
    expect(beyond).toBeLessThanOrEqual(390);
    await page.close();
  }, 120_000);

  it('says what to do on a telephone too, and posts what the open tab is about', async () => {
    const { url } = await startGateway();
    const page = await openPage(url);
    await page.setViewportSize({ width: 390, height: 844 });
    // What is behind the buttons at the right is not read.
    const hidden = () =>
      page.evaluate(() => {
        const right = document.querySelector('.graphiql-toolbar')?.getBoundingClientRect().left ?? 0;
        const lines = [...document.querySelectorAll('.graphiql-query-editor .view-line > span')];
        const ends = lines.map((line) => line.getBoundingClientRect().right);
        return { lines: lines.length, hidden: ends.filter((end) => end > right).length };
      });
    await vi.waitFor(async () => expect(await hidden()).toEqual({ lines: expect.any(Number), hidden: 0 }), {
      timeout: BACK_WITHIN_MS,
    });
    expect((await hidden()).lines).toBeGreaterThan(5);

    await showTab(page, 'PaymentChanges');
    await run(page);
    await count(page, 1);
    for (const status of ['CREATED', 'IN_PROGRESS', 'COMPLETED'])
      await page
        .getByRole('button', { name: 'Post a callback' })
        .click()
        .then(() => messages(page).filter({ hasText: status }).first().waitFor({ timeout: BACK_WITHIN_MS }));
    await page.close();
  }, 120_000);

  it('comes back over an event stream too, with the token of the headers pane', async () => {
    const { callback, jwt, mode } = readConfig({
      ...productionEnv,
      DATABASE_URL: 'postgres://nobody/nothing',
    });
    const secret = { 'x-callback-secret': productionEnv.CALLBACK_HEADER_SECRETS };
    const config = { mode, callback, jwt, graphiql: true, dataDir: await emptyStore() };
    const gateway = await startGateway({ ...config, drainMs: 0 });
    const page = await openPage(gateway.url);
    expect(await page.getByRole('button', { name: 'Post a callback' }).count()).toBe(0);
    await showTab(page, 'SessionChanges');
    await page.getByRole('button', { name: 'Headers' }).click();
    await page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden)').click();
    await page.keyboard.insertText(JSON.stringify(await bearer(OPERATOR)));
    await run(page);
    await count(page, 1);
    await change(gateway.url, 1, 1, secret);
    await count(page, 2);
    await gateway.close();
    await state(page, /^Connection lost/);
    const other = await startGateway(config);
    await change(other.url, 2, 2, secret);
    await other.close();
    const again = await startGateway({ ...config, port: Number(new URL(gateway.url).port) });
    await count(page, 3);
    expect(await versions(page)).toEqual([2, 1, null]);
    await page.close();
    await again.close();
  }, 120_000);
});
