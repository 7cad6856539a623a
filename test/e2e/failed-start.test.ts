import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

/** What keeps a process alive, or does something later. */
const HELD =
  /^(Timeout|TCPWRAP|TCPSERVERWRAP|PIPEWRAP|PIPESERVERWRAP|TLSWRAP|FSEVENTWRAP|Worker|MESSAGEPORT)$/;

/** Timers, sockets and servers that were made while `work` ran and still stand after it, by where they were made. */
async function leftBy(work: () => Promise<unknown>): Promise<readonly string[]> {
  const held = new Map<number, string>();
  let working = true;
  const hook = createHook({
    init(id, type) {
      if (working && HELD.test(type)) held.set(id, `${type} ${new Error().stack}`);
    },
    destroy(id) {
      held.delete(id);
    },
  }).enable();
  try {
    await work();
    working = false;
    // Sockets say that they are closed a little later.
    for (let n = 0; n < 100 && held.size > 0; n += 1) await pause(10);
    return [...held.values()];
  } finally {
    hook.disable();
  }
}

eachStore('a gateway whose port is taken', (on) => {
  const taken = createServer();
  afterEach(() => new Promise((resolve) => taken.close(resolve)));

  it('says so, and leaves no timer, socket or server behind', async () => {
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    const config = { ...on.config(), port: address.port, logLevel: 'silent' as const, retentionDays: 30 };
    const left = await leftBy(() =>
      expect(createGateway(config)).rejects.toThrow(/something else listens there/),
    );
    expect(left).toEqual([]);
  });
});
