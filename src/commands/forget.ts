import { createHash } from 'node:crypto';
import { namesId } from '../callbacks/parse/names-id.ts';
import { type Forgotten, forget } from '../db/upkeep/forget.ts';
import { runCommand } from './command.ts';

const KINDS = { '--user': 'user', '--session': 'session', '--payment': 'payment' } as const;

/**
 * `npm run forget -- --user ID | --session ID | --payment ID`: deletes whole sessions and payments with all that the
 * journal holds of them. Prints how much was deleted, and never whose: the line that it logs for an audit has the first
 * eight hex digits of the id's SHA-256 (docs/decisions/0014), so that a request can be matched with it and the id cannot
 * be read from it.
 */
await runCommand({
  usage: 'npm run forget -- --user ID | --session ID | --payment ID',
  understand(words) {
    const forgotten = forgottenBy(words);
    if (forgotten === null) return null;
    return async ({ store, log, say }) => {
      const erased = await forget(store, forgotten, namesId);
      const { sessions, payments, callbacks } = erased;
      const { kind, id } = forgotten;
      log.info({ audit: 'forget', kind, id: digestOf(id), ...erased }, 'forgotten on request');
      say(`${sessions} sessions, ${payments} payments and ${callbacks} callbacks deleted.`);
    };
  },
});

function digestOf(id: string): string {
  return `sha256:${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}

function forgottenBy([option, id, ...rest]: readonly string[]): Forgotten | null {
  const kind = Object.entries(KINDS).find(([name]) => name === option)?.[1];
  return kind === undefined || id === undefined || id === '' || rest.length > 0 ? null : { kind, id };
}
