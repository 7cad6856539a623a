import { type Forgotten, forget } from '../db/forget.ts';
import { runCommand } from './command.ts';

const KINDS = { '--user': 'user', '--session': 'session', '--payment': 'payment' } as const;

/**
 * `npm run forget -- --user ID | --session ID | --payment ID`: deletes whole sessions and payments with all that the
 * journal holds of them. Says how much went, and never whose.
 */
await runCommand({
  usage: 'npm run forget -- --user ID | --session ID | --payment ID',
  understand(words) {
    const forgotten = forgottenBy(words);
    if (forgotten === null) return null;
    return async ({ store, say }) => {
      const { sessions, payments, callbacks } = await forget(store, forgotten);
      say(`${sessions} sessions, ${payments} payments and ${callbacks} callbacks deleted.`);
    };
  },
});

function forgottenBy([option, id, ...rest]: readonly string[]): Forgotten | null {
  const kind = Object.entries(KINDS).find(([name]) => name === option)?.[1];
  return kind === undefined || id === undefined || id === '' || rest.length > 0 ? null : { kind, id };
}
