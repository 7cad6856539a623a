import { parseApplied } from '../callbacks/parse/parse.ts';
import { createSteadyReport } from '../db/migrate/steady-report.ts';
import { rebuild } from '../db/upkeep/rebuild.ts';
import { runCommand } from './command.ts';

/** `npm run rebuild`: computes all states again from the journal and corrects those that differ. */
await runCommand({
  usage: 'npm run rebuild',
  understand(words) {
    if (words.length > 0) return null;
    return async ({ store, say }) => {
      const { rows, sessions, payments } = await rebuild({
        store,
        parse: parseApplied,
        onProgress: createSteadyReport((position, last) => say(`position ${position} of ${last}`)),
      });
      say(
        `${rows} callbacks folded; ${sessions} sessions and ${payments} payments differed and were corrected.`,
      );
    };
  },
});
