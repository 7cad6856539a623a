// Makes the README's picture, docs/demo.webp: starts the demo, presses its buttons, and takes what the page shows when the
// run is over. Needs a build and Chromium.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const FILE = 'docs/demo.webp';
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const VIEWPORT = { width: 1000, height: 760 };
const QUALITY = 80;
const WITHIN_MS = 120_000;

const demo = spawn(process.execPath, ['dist/callboard.js', 'demo', '--port', '0', '--speed', '2'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(demo, 'close');
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
try {
  const page = await browser.newPage({ viewport: VIEWPORT, colorScheme: 'light' });
  page.setDefaultTimeout(WITHIN_MS);
  await page.goto(await addressOf(demo));
  await page.locator('#live.up').waitFor();
  const arrived = (count) =>
    page
      .locator('#deliveries tr')
      .nth(count - 1)
      .waitFor();
  for (const [count, act] of [
    [3, 'reorder'],
    [6, 'duplicate'],
    [8, 'lose'],
    [10, 'kill'],
  ]) {
    await arrived(count);
    await page.locator(`[data-act=${act}]`).click();
  }
  await page.locator('#callboard.right').waitFor();
  await page.locator('#naive.wrong').waitFor();
  await page.locator('#live.up').waitFor();
  // The mouse would leave a button highlighted.
  await page.mouse.move(0, 0);
  const session = await page.context().newCDPSession(page);
  const options = { format: 'webp', quality: QUALITY, clip: { x: 0, y: 0, ...VIEWPORT, scale: 1 } };
  const { data } = await session.send('Page.captureScreenshot', options);
  const picture = Buffer.from(data, 'base64');
  writeFileSync(FILE, picture);
  console.log(`${FILE}: ${VIEWPORT.width} × ${VIEWPORT.height}, ${Math.ceil(picture.length / 1_000)} kB`);
} finally {
  await browser.close();
  demo.kill('SIGINT');
  await ended;
}

async function addressOf({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const url = /http:\S+\/demo/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error('the demo has ended');
}
