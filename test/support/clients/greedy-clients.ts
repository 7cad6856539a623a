import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { closeLater } from '../closing.ts';
import { at } from './client.ts';

/** What each connection sends again and again. */
export interface GreedyRequest {
  readonly authorization?: string;
  readonly body: string;
}

export interface GreedyClients {
  /** Answers of 200 so far. */
  answered(): number;
  /** Ends them; how many answers they had by status. */
  end(): Promise<Readonly<Record<string, number>>>;
}

const SCRIPT = fileURLToPath(new URL('greedy-clients.mjs', import.meta.url));

/** Clients in a process of their own that send the next request as soon as the last was answered, with any answer. */
export async function startGreedyClients(
  url: string,
  requests: readonly GreedyRequest[],
  connections: number,
): Promise<GreedyClients> {
  const child = fork(SCRIPT, [JSON.stringify({ url, requests, connections })]);
  const exited = once(child, 'exit');
  closeLater(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await once(child, 'message');
  let answered = 0;
  let statuses: Readonly<Record<string, number>> = {};
  child.on('message', (message) => {
    if (message === 'answered') answered += 1;
    else if (typeof message === 'object') statuses = countsOf(message);
  });
  return {
    answered: () => answered,
    async end() {
      child.send('over');
      await exited;
      return statuses;
    },
  };
}

function countsOf(message: unknown): Readonly<Record<string, number>> {
  const found = at(message, 'statuses');
  return Object.fromEntries(Object.entries(found ?? {}).map(([status, count]) => [status, Number(count)]));
}
