import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Replayed } from '../db/upkeep/replay.ts';
import { endWith, say } from './end-with.ts';

/** `callboard replay --position N | --quarantined`: applies quarantined callbacks that this version can parse. */
export function createReplay() {
  const command = new Command('replay')
    .description('applies quarantined callbacks that this version can parse')
    .usage('--position N | --quarantined')
    .option('--position <n>', 'the one at this position of the journal', readPosition)
    .addOption(new Option('--quarantined', 'every quarantined callback').conflicts('position'));
  return command.action(({ position, quarantined }) => {
    const which = quarantined ? 'quarantined' : position;
    if (which === undefined) return command.error('callboard replay: give --position N or --quarantined');
    return endWith(async () => {
      await replayOn(which);
      return 0;
    });
  });
}

async function replayOn(which: number | 'quarantined'): Promise<void> {
  const { withStore } = await import('./with-store.ts');
  const { parseCallback } = await import('../callbacks/parse/parse.ts');
  const { createRecorder } = await import('../db/record/recorder.ts');
  const { createStoreClock } = await import('../db/store-clock.ts');
  const { replay } = await import('../db/upkeep/replay.ts');
  await withStore(async ({ config: { restartQuietMs }, store, log }) => {
    // Running gateways learn of the new rows through the store.
    const recorder = createRecorder({ store, settings: { restartQuietMs }, outlet: null, log });
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
  });
}

function readPosition(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('A position is a whole number from 1.');
  return Number(text);
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
