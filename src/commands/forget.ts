import { createHash } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Forgotten } from '../db/upkeep/forget.ts';
import { endWith, say } from './end-with.ts';

/**
 * `callboard forget --user ID | --session ID | --payment ID`: deletes whole sessions and payments with all that the
 * journal holds of them. Prints how much was deleted, and never whose: the line that it logs for an audit has the first
 * eight hex digits of the id's SHA-256 (docs/decisions/0014), so that a request can be matched with it and the id cannot
 * be read from it.
 */
export function createForget() {
  const command = new Command('forget')
    .description('deletes whole sessions and payments, and what the journal holds of them')
    .usage('--user ID | --session ID | --payment ID')
    .option('--user <id>', 'everything of this person', readId)
    .addOption(new Option('--session <id>', 'this session').argParser(readId).conflicts('user'))
    .addOption(new Option('--payment <id>', 'this payment').argParser(readId).conflicts(['user', 'session']));
  return command.action((options) => {
    const forgotten = forgottenBy(options);
    if (forgotten === null) return command.error('callboard forget: give --user, --session or --payment');
    return endWith(async () => {
      await forgetOn(forgotten);
      return 0;
    });
  });
}

async function forgetOn(forgotten: Forgotten): Promise<void> {
  const { withStore } = await import('./with-store.ts');
  const { namesId } = await import('../callbacks/parse/names-id.ts');
  const { forget } = await import('../db/upkeep/forget.ts');
  await withStore(async ({ store, log }) => {
    const erased = await forget(store, forgotten, namesId);
    const { sessions, payments, callbacks } = erased;
    const { kind, id } = forgotten;
    log.info({ audit: 'forget', kind, id: digestOf(id), ...erased }, 'forgotten on request');
    say(`${sessions} sessions, ${payments} payments and ${callbacks} callbacks deleted.`);
  });
}

interface Named {
  readonly user?: string | undefined;
  readonly session?: string | undefined;
  readonly payment?: string | undefined;
}

function forgottenBy({ user, session, payment }: Named): Forgotten | null {
  if (user !== undefined) return { kind: 'user', id: user };
  if (session !== undefined) return { kind: 'session', id: session };
  return payment === undefined ? null : { kind: 'payment', id: payment };
}

function readId(text: string): string {
  if (text === '') throw new InvalidArgumentError('An id is not empty.');
  return text;
}

function digestOf(id: string): string {
  return `sha256:${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}
