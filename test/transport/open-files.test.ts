import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { closeLater } from '../support/closing.ts';
import { built } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

eachStore('a gateway that may open few files', (on) => {
  it.runIf(process.platform === 'linux' && on.kind === 'postgres')(
    'says so at its start, with what it may open, what it needs, and what to change',
    async () => {
      const lines = async (connections: string): Promise<string> => {
        // The hard limit too: Node raises the soft one up to it.
        const child = spawn('sh', ['-c', `ulimit -n 2000; exec "${process.execPath}" "${built('main')}"`], {
          env: { PATH: process.env.PATH ?? '', ...on.env(), LIMIT_CONNECTIONS: connections },
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        const ended = once(child, 'close');
        closeLater(async () => {
          child.kill('SIGKILL');
          await ended;
        });
        let output = '';
        for await (const chunk of child.stdout) {
          output += String(chunk);
          // The last line of the start.
          if (output.includes('MODE=explore:')) child.kill('SIGTERM');
        }
        return output;
      };
      const short = await lines('5000');
      expect(short).toContain(
        'This process may open 2000 files, and LIMIT_CONNECTIONS=5000 needs 6100: raise the limit',
      );
      expect(short).toContain('"allowed":2000,"needed":6100');
      expect(await lines('500')).not.toContain('may open');
    },
  );
});
