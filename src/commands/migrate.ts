import { Command } from '@commander-js/extra-typings';
import { endWith, say } from './end-with.ts';

/**
 * `callboard migrate`: brings the store up to date and ends. It logs what it does; where nothing is to be done it changes
 * nothing. For deployments whose gateways run with MIGRATE=off, or as a role without CREATE.
 */
export function createMigrate() {
  return new Command('migrate').description('brings the store up to date and ends').action(() =>
    endWith(async () => {
      const { withStore } = await import('./with-store.ts');
      await withStore(async () => say('The store is migrated.'), { migrates: true });
      return 0;
    }),
  );
}
