import { Command } from '@commander-js/extra-typings';
import { endWith, say } from './end-with.ts';
import { readHttpUrl } from './option-values.ts';

const URL_OF_GATEWAY = 'http://127.0.0.1:4000';

/**
 * `callboard export --session ID`: prints the journal of a session as a scenario that `callboard simulate` plays. With
 * `--masked` nothing of the person is in it, so that it can be handed on.
 */
export function createExport() {
  const command = new Command('export')
    .description('prints the journal of a session as a scenario that simulate plays')
    .usage('--session ID [options]')
    .option('--session <id>', "the aggregator's id of the session")
    .option('--masked', 'leaves out account numbers, the person, ids and all that is written freely')
    .option('--url <url>', `the address of the gateway (default: ${URL_OF_GATEWAY})`, readHttpUrl)
    .option('--token <jwt>', "an operator's token that reads account numbers");
  return command.action(({ session: sessionId, masked = false, url = URL_OF_GATEWAY, token = null }) => {
    if (sessionId === undefined) return command.error('callboard export: give the session: --session ID');
    return endWith(async () => {
      const { readSession } = await import('./export/read-session.ts');
      const { toScenario } = await import('./export/to-scenario.ts');
      const { state, rows } = await readSession({ url, token, sessionId });
      const { scenario, leftOut } = toScenario(state, rows, { isMasked: masked });
      if (leftOut > 0) {
        process.stderr.write(`callboard export: ${leftOut} quarantined callbacks are not in the scenario\n`);
      }
      say(JSON.stringify(scenario, null, 2));
      return 0;
    });
  });
}
