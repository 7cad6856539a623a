import { spawn } from 'node:child_process';
import { platform } from 'node:os';

type Opener = readonly [command: string, ...words: readonly string[]];

/** Opens an address in the person's browser, as far as this machine has one: the address is printed too. */
export function openBrowser(url: string): void {
  const [command, ...words] = openerOf(platform(), process.env) ?? [];
  if (command === undefined) return;
  const opener = spawn(command, [...words, url], { stdio: 'ignore', detached: true });
  opener.on('error', () => {});
  opener.unref();
}

function openerOf(system: NodeJS.Platform, env: Readonly<Record<string, string | undefined>>): Opener | null {
  if (system === 'darwin') return ['open'];
  if (system === 'win32') return ['cmd', '/c', 'start', ''];
  // Without a screen xdg-open takes a browser that runs in the terminal.
  const hasScreen = [env.DISPLAY, env.WAYLAND_DISPLAY].some((one) => one !== undefined && one !== '');
  return hasScreen ? ['xdg-open'] : null;
}
