import { Command } from '@commander-js/extra-typings';
import { endWith, say } from './end-with.ts';

/**
 * `callboard doctor`: reads the configuration as the gateway would, `.env` included, tries the store and the key set, and
 * says what is wrong and what to do. It changes nothing: the store is not migrated. Secrets are not printed.
 */
export function createDoctor() {
  return new Command('doctor')
    .description('reads the configuration, tries the store and the key set, and says what is wrong')
    .action(() =>
      endWith(async () => {
        const { examine } = await import('./doctor/examine.ts');
        let isWell = true;
        for await (const { what, is, text } of examine(process.env)) {
          say(`${MARKS[is]} ${what}: ${text}`);
          if (is === 'fault') isWell = false;
        }
        return isWell ? 0 : 1;
      }),
    );
}

const MARKS = { good: 'ok   ', note: 'note ', fault: 'FAULT' } as const;
