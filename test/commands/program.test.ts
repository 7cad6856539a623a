import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SUBCOMMANDS } from '../../src/commands/subcommands.ts';
import { built } from '../support/gateways/gateway.ts';

/** `callboard` with these words, run to its end. */
async function callboard(...words: readonly string[]) {
  const child = spawn(process.execPath, [built('callboard'), ...words], {
    env: { PATH: process.env.PATH ?? '', DATA_DIR: 'memory' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      printed[name] += chunk.toString('utf8');
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...printed };
}

describe('callboard', () => {
  it('lists its subcommands, and says how each is used', async () => {
    const { code, stdout } = await callboard('--help');
    expect(code).toBe(0);
    for (const subcommand of SUBCOMMANDS.map((create) => create())) {
      expect(stdout).toContain(subcommand.description().split(' ')[0]);
      const help = await callboard(subcommand.name(), '--help');
      expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining(subcommand.description()) });
      for (const { long } of subcommand.options) expect(help.stdout).toContain(long);
    }
  });

  it.each([
    ['strat', 'callboard: there is no subcommand strat; the nearest is start'],
    ['start now', 'callboard start has no argument now'],
    ['--sessions 3 migrate', 'callboard start has no option --sessions; the nearest is --version'],
    ['rebuild --al', 'callboard rebuild has no option --al; the nearest is --help'],
  ])('does nothing for %s, ends with 2 and names the nearest', async (words, reason) => {
    const { code, stdout, stderr } = await callboard(...words.split(' '));
    expect([code, stdout, stderr.split('\n')[0]]).toEqual([2, '', reason]);
  });

  it('names the nearest for every option that is misspelt', async () => {
    for (const subcommand of SUBCOMMANDS.map((create) => create())) {
      for (const { long } of subcommand.options) {
        const misspelt = `${long}x`;
        const { code, stderr } = await callboard(subcommand.name(), misspelt, '1');
        expect([code, stderr.split('\n')[0]]).toEqual([
          2,
          `callboard ${subcommand.name()} has no option ${misspelt}; the nearest is ${long}`,
        ]);
      }
    }
  });
});
