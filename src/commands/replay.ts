import { parseCallback } from '../callbacks/parse/parse.ts';
import { createRecorder } from '../db/record/recorder.ts';
import { createStoreClock } from '../db/store-clock.ts';
import { type Replayed, replay } from '../db/upkeep/replay.ts';
import { runCommand } from './command.ts';

/** `npm run replay -- --position N | --quarantined`: applies quarantined callbacks that this version can parse. */
await runCommand({
  usage: 'npm run replay -- --position N | --quarantined',
  understand(words) {
    const which = whichOf(words);
    if (which === null) return null;
    return async ({ config, store, log, say }) => {
      const { restartQuietMs } = config;
      // Running gateways learn of the new rows through the store.
      const recorder = createRecorder({
        store,
        settings: { restartQuietMs },
        outlet: null,
        log,
      });
      const clock = await createStoreClock({ store, log });
      const counts = { applied: 0, found: 0, kept: 0, none: 0 };
      for await (const replayed of replay({ store, recorder, parse: parseCallback, now: clock.now }, which)) {
        counts[replayed.did] += 1;
        say(sentence(replayed));
      }
      clock.close();
      await recorder.close();
      say(
        `${counts.applied} applied, ${counts.found} found recorded already, ${counts.kept} still in quarantine.`,
      );
    };
  },
});

function whichOf(words: readonly string[]): number | 'quarantined' | null {
  const [option, value, ...rest] = words;
  if (option === '--quarantined' && value === undefined) return 'quarantined';
  if (option === '--position' && value !== undefined && /^[1-9]\d{0,14}$/.test(value) && rest.length === 0) {
    return Number(value);
  }
  return null;
}

function sentence(replayed: Replayed): string {
  switch (replayed.did) {
    case 'applied':
      return `position ${replayed.position}: applied as position ${replayed.at}`;
    case 'found':
      return `position ${replayed.position}: nothing to do, recorded already at position ${replayed.at}`;
    case 'kept':
      return `position ${replayed.position}: still in quarantine: ${replayed.reason}`;
    case 'none':
      return `position ${replayed.position}: nothing to do, ${replayed.reason}`;
  }
}
