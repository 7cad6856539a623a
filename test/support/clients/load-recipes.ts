import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { closeLater } from '../closing.ts';
import { bundleRecipes } from './bundle-recipes.ts';

/** What browsers have and Node 20 does not, as far as the recipes use it. */
const BROWSER_ONLY = [
  'addEventListener',
  'removeEventListener',
  'dispatchEvent',
  'document',
  'WebSocket',
] as const;

/**
 * Runs a script that imports recipes of docs/frontend.md (bundle-recipes.ts) in this process, and gives its exports.
 * Until the end of the suite the process has a browser's events and WebSocket.
 */
export async function loadRecipes(script: string, gatewayUrl: string): Promise<unknown> {
  const events = new EventTarget();
  const listeners = {
    addEventListener: events.addEventListener.bind(events),
    removeEventListener: events.removeEventListener.bind(events),
    dispatchEvent: events.dispatchEvent.bind(events),
  };
  const globals = { ...listeners, document: listeners, WebSocket };
  for (const name of BROWSER_ONLY)
    Object.defineProperty(globalThis, name, { value: globals[name], configurable: true });
  const folder = await mkdtemp(join(tmpdir(), 'callboard-recipes-'));
  closeLater(async () => {
    for (const name of BROWSER_ONLY) Reflect.deleteProperty(globalThis, name);
    await rm(folder, { recursive: true, force: true });
  });
  const [code = ''] = (await bundleRecipes({ script }, gatewayUrl)).values();
  const path = join(folder, 'script.mjs');
  await writeFile(path, code);
  return import(path);
}
