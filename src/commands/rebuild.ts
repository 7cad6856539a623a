import { Command } from '@commander-js/extra-typings';
import { endWith, say } from './end-with.ts';

/** `callboard rebuild`: computes all states again from the journal and corrects those that differ. */
export function createRebuild() {
  return new Command('rebuild')
    .description('computes all states again from the journal and corrects those that differ')
    .action(() =>
      endWith(async () => {
        const { withStore } = await import('./with-store.ts');
        const { parseApplied } = await import('../callbacks/parse/parse.ts');
        const { createSteadyReport } = await import('../db/migrate/steady-report.ts');
        const { rebuild } = await import('../db/upkeep/rebuild.ts');
        await withStore(async ({ store }) => {
          const { rows, sessions, payments } = await rebuild({
            store,
            parse: parseApplied,
            onProgress: createSteadyReport((position, last) => say(`position ${position} of ${last}`)),
          });
          say(
            `${rows} callbacks folded; ${sessions} sessions and ${payments} payments differed and were corrected.`,
          );
        });
        return 0;
      }),
    );
}
