import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/simulator/plan/random.ts';
import { CHROMIUM, launchBrowser } from '../support/clients/browser.ts';
import { send } from '../support/clients/client.ts';
import { type RunningCommand, startCallboard } from '../support/clients/command.ts';
import { LONG, longOr } from '../support/long.ts';
import { tempFolder } from '../support/stores/temp-folder.ts';

const BUTTONS = ['duplicate', 'reorder', 'lose', 'restart', 'kill'] as const;
const CONNECTIONS = longOr(20, 2);
/** Of each button. */
const PRESSES = longOr(10, 1);
const SPEED = LONG ? '4' : '12';
const LIVE_AGAIN_MS = 5_000;

/** Starts a demo; resolves with its address when it has printed it. */
async function startDemo(
  ...words: readonly string[]
): Promise<RunningCommand & { url: string; folder: string }> {
  const folder = await tempFolder();
  const demo = startCallboard(['demo', '--port', '0', ...words], { TMPDIR: folder });
  const { stdout } = demo.child;
  if (stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: stdout })) {
    const url = /http:\S+\/demo/.exec(line)?.[0];
    if (url !== undefined) return { ...demo, url, folder };
  }
  throw new Error((await demo.ended).stderr);
}

describe('callboard demo', () => {
  it('takes no press of another site, and leaves neither a file nor a process when --seconds are over', async () => {
    const { url, folder, ended } = await startDemo('--seconds', '1');
    const press = (headers: Record<string, string>) =>
      send(`${url}/acts/kill`, { method: 'POST', headers }).then(({ status }) => status);
    expect(await press({ origin: 'http://evil.example' })).toBe(421);
    expect(await press({ host: 'evil.example' })).toBe(421);
    const { headers } = await send(url);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(folder)).toEqual([]);
    await expect(send(url)).rejects.toThrow();
  }, 30_000);
});

describe.runIf(existsSync(CHROMIUM))("the demo's page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  const press = (page: Page, act: string) => page.locator(`[data-act=${act}]`).click();
  const live = (page: Page) => page.locator('#live.up').waitFor({ timeout: 20_000 });
  /** Milliseconds from the kill to the live page. */
  const liveAgain = async (page: Page): Promise<number> => {
    await page.locator('#live.down').waitFor();
    const killedAt = performance.now();
    await live(page);
    return Math.round(performance.now() - killedAt);
  };
  const isOver = (page: Page) => page.locator('#callboard .badge').waitFor({ timeout: 60_000 });
  /** False where nothing of the run is left that the button could disturb. */
  const isEnabled = (page: Page, act: string) => page.locator(`[data-act=${act}]`).isEnabled();

  it(
    'ends right however the buttons are pressed, and last write wins ends wrong each time',
    async () => {
      const { url, child, ended, folder } = await startDemo('--speed', SPEED);
      const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
      await page.goto(url);
      await live(page);
      const random = createRandom('presses', SPEED);
      const presses = BUTTONS.flatMap((button) => Array.from({ length: PRESSES }, () => button))
        .map((button) => ({ button, order: random.next() }))
        .sort((a, b) => a.order - b.order)
        .map(({ button }) => button);
      const each = presses.length / CONNECTIONS;
      const back: number[] = [];
      /** Presses for which it was too late: the next connection gets them first. */
      let left: typeof presses = [];
      for (let number = 1; number <= CONNECTIONS || left.length > 0; number += 1) {
        const who = page.locator('#who').filter({ hasText: `connection ${number}:` });
        await who.waitFor();
        const mine = [...left, ...presses.slice(Math.round((number - 1) * each), Math.round(number * each))];
        left = [];
        for (const [place, button] of mine.entries()) {
          // The last press comes when the run is over.
          if (place > 0 && place === mine.length - 1) await isOver(page);
          else await page.waitForTimeout(random.between(0, 4_000 / Number(SPEED)));
          if (!(await isEnabled(page, button))) {
            left.push(button);
            continue;
          }
          await press(page, button);
          // After every second kill the page is awaited; the others are pressed into.
          if (button === 'kill' && random.chance(0.5)) back.push(await liveAgain(page));
        }
        await live(page);
        await page.locator('#callboard.right').waitFor({ timeout: 60_000 });
        if (left.length < mine.length) await page.locator('#naive.wrong').waitFor();
        // The one message of the beginning: each return with a cursor was honoured, so nothing is missing.
        expect(await page.locator('#callboard').getAttribute('data-snapshots')).toBe('1');
        await press(page, 'another');
      }
      await press(page, 'kill');
      back.push(await liveAgain(page));
      if (LONG) console.info('live again after ms:', back);
      // What a person waits for at most, and no measure of speed.
      expect(Math.max(...back)).toBeLessThan(LIVE_AGAIN_MS);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      await page.close();
      child.kill('SIGINT');
      expect(await ended).toMatchObject({ code: 0, stderr: '' });
      expect(await readdir(folder)).toEqual([]);
    },
    longOr(600_000, 90_000),
  );
});
