import { runCommand } from './command.ts';

/**
 * `npm run migrate`: brings the store up to date and ends. What it does stands in the log; where nothing is to be
 * done it changes nothing. For deployments whose gateways run with MIGRATE=off, or as a role that may create nothing.
 */
await runCommand({
  usage: 'npm run migrate',
  migrates: true,
  understand(words) {
    if (words.length > 0) return null;
    return async ({ say }) => say('The store is migrated.');
  },
});
