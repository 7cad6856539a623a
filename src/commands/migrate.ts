import { runCommand } from './command.ts';

/**
 * `npm run migrate`: brings the store up to date and ends. It logs what it does; where nothing is to be done it changes
 * nothing. For deployments whose gateways run with MIGRATE=off, or as a role without CREATE.
 */
await runCommand({
  usage: 'npm run migrate',
  migrates: true,
  understand(words) {
    if (words.length > 0) return null;
    return async ({ say }) => say('The store is migrated.');
  },
});
