import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/commands/program.ts';
import { SUBCOMMANDS } from '../../src/commands/subcommands.ts';
import { runCallboard } from '../support/clients/command.ts';

describe('callboard', () => {
  it('lists its subcommands, and says how each is used', async () => {
    const { code, stdout } = await runCallboard('--help');
    expect(code).toBe(0);
    await Promise.all(
      SUBCOMMANDS.map(async (create) => {
        const subcommand = create();
        expect(stdout).toContain(subcommand.description().split(' ')[0]);
        const help = await runCallboard(subcommand.name(), '--help');
        // Long lines are wrapped.
        const text = help.stdout.replace(/\s+/g, ' ');
        expect([help.code, text]).toEqual([0, expect.stringContaining(subcommand.description())]);
        for (const { long } of subcommand.options) expect(help.stdout).toContain(long);
      }),
    );
  });

  it.each([
    ['strat', 'callboard: there is no subcommand strat; the nearest is start'],
    ['start now', 'callboard start has no argument now'],
    ['--sessions 3 migrate', 'callboard start has no option --sessions; the nearest is --version'],
    ['rebuild --al', 'callboard rebuild has no option --al; the nearest is --help'],
  ])('does nothing for %s, ends with 2 and names the nearest', async (words, reason) => {
    const { code, stdout, stderr } = await runCallboard(...words.split(' '));
    expect([code, stdout, stderr.split('\n')[0]]).toEqual([2, '', reason]);
  });

  it('names the nearest for every option that is misspelt', async () => {
    for (const subcommand of SUBCOMMANDS.map((create) => create())) {
      for (const { long } of subcommand.options) {
        let printed = '';
        const program = createProgram((text) => {
          printed += text;
        });
        const words = [subcommand.name(), `${long}x`, '1'];
        await expect(program.parseAsync(words, { from: 'user' })).rejects.toMatchObject({ exitCode: 1 });
        const reason = `callboard ${subcommand.name()} has no option ${long}x; the nearest is ${long}`;
        expect(printed.split('\n')[0]).toBe(reason);
      }
    }
  });
});
