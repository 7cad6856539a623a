import { Command } from '@commander-js/extra-typings';

/** `callboard start`: the gateway, configured by its environment (docs/configuration.md). */
export function createStart() {
  return new Command('start')
    .description('starts the gateway, configured by environment variables')
    .action(async () => {
      await import('../main.ts');
    });
}
