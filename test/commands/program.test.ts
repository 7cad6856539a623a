import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/commands/program.ts';
import { SUBCOMMANDS } from '../../src/commands/subcommands.ts';
import { runCallboard, startCallboard } from '../support/clients/command.ts';
import { freePort } from '../support/stores/cluster.ts';

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
    ['reconcil --help', 'callboard: there is no subcommand reconcil; the nearest is rebuild'],
    [
      '--port=4001',
      'callboard start has no option --port: set the variable PORT, in the environment or in .env',
    ],
    [
      'start --database-url x',
      'callboard start has no option --database-url: set the variable DATABASE_URL, in the environment or in .env',
    ],
    [
      'simulate --url http://127.0.0.1:9/at/callbacks/secret',
      "callboard: option '--url <url>' argument 'http://127.0.0.1:9/at/callbacks/secret' is invalid. It is the address of the gateway alone: http://127.0.0.1:9/at",
    ],
    [
      'tail --url http://127.0.0.1:9/graphql?query=x',
      "callboard: option '--url <url>' argument 'http://127.0.0.1:9/graphql?query=x' is invalid. It is the address of the gateway alone: http://127.0.0.1:9",
    ],
  ])('does nothing for %s, ends with 2 and names the nearest', async (words, reason) => {
    const { code, stdout, stderr } = await runCallboard(...words.split(' '));
    expect([code, stdout, stderr.split('\n')[0]]).toEqual([2, '', reason]);
  });

  it('says what it does without a command, and what its exit codes mean', async () => {
    const { stdout } = await runCallboard('--help');
    expect(stdout).toContain('Without a command it starts the gateway.');
    expect(stdout).toContain('Exit codes: 0 done; 1 a fault, or a difference was found; 2 wrong use.');
  });

  it('says in its usage what has to be given', async () => {
    expect((await runCallboard('simulate', '--help')).stdout).toMatch(
      /^Usage: callboard simulate --url URL /,
    );
    expect((await runCallboard('export', '--help')).stdout).toMatch(/^Usage: callboard export --session ID /);
  });

  it('says that no gateway answers, where and why', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const refused = `no gateway answers at ${url} (connect ECONNREFUSED ${new URL(url).host})`;
    const { code, stderr } = await runCallboard('export', '--session', 's', '--url', url);
    expect([code, stderr]).toEqual([1, `callboard: ${refused}: is it running?\n`]);
    const simulation = startCallboard(['simulate', '--url', url]);
    expect(await simulation.lines.next(10_000)).toBe(`${refused}; it is tried for 20 s`);
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
