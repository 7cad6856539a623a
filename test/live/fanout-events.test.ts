import { describe, expect, it } from 'vitest';
import { createObserver } from '../../src/observe.ts';
import { rowAt } from '../support/builders/entries.ts';
import { createLiveBench, createReader, settled } from './live-bench.ts';

/** A bench 499 ms after the first callback was received, and what was emitted. */
function observed() {
  const events: unknown[] = [];
  const { emit, on } = createObserver({ error: (err: unknown) => events.push(err) });
  on('changeDelivered', (event) => events.push(event));
  on('changeConflated', (event) => events.push({ conflated: event.subject }));
  on('readerEnded', (event) => events.push(event));
  const now = () => rowAt(1).receivedAt + 499;
  const bench = createLiveBench({ emit, now, slowAfterMs: 0 });
  return { bench, events };
}

describe('the fan-out emits', () => {
  it('each message that was sent, with how long after its callback; null for a snapshot', async () => {
    const { bench, events } = observed();
    const reader = createReader();
    bench.fanout.join(bench.sessions(), reader.sink);
    bench.fanout.join(bench.log(), reader.sink);
    await settled();
    events.length = 0;
    bench.change();
    expect(events).toEqual([
      { transport: 'ws', subject: 'callback', position: 1, ms: expect.closeTo(499, -2) },
      { transport: 'ws', subject: 'session', position: 1, ms: expect.closeTo(499, -2) },
    ]);
    bench.fanout.join(bench.sessions({ sessionId: 's1' }), reader.sink);
    await settled();
    expect(events.at(-1)).toEqual({ transport: 'ws', subject: 'session', position: null, ms: null });
  });

  it('each change that took the place of one that was still waiting', async () => {
    const { bench, events } = observed();
    const reader = createReader();
    const member = bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    events.length = 0;
    reader.open = false;
    for (const sessionId of ['a', 'b', 'a', 'a']) bench.change({ sessionId });
    expect(events).toEqual([{ conflated: 'session' }, { conflated: 'session' }]);
    reader.open = true;
    member.drained();
    expect(events).toHaveLength(4);
  });

  it('that a subscription was accepted, once for each end that follows, also where it never opens', async () => {
    const open: string[] = [];
    const { emit, on } = createObserver({ error: (err: unknown) => expect(err).toBeUndefined() });
    const ended: string[] = [];
    on('readerJoined', ({ transport, subject }) => open.push(`${transport} ${subject}`));
    on('readerEnded', ({ reason, transport, subject }) => {
      expect(open.splice(open.indexOf(`${transport} ${subject}`), 1)).toHaveLength(1);
      ended.push(reason);
    });
    const bench = createLiveBench({ emit });
    const member = bench.fanout.join(bench.sessions(), createReader().sink);
    bench.fanout.join(bench.log(), createReader().sink);
    expect(open).toEqual(['ws session', 'ws callback']);
    member.leave('disconnected');
    await settled();
    bench.store.fails = true;
    bench.fanout.join(bench.sessions(), createReader().sink);
    await settled();
    expect(open).toEqual(['ws callback']);
    bench.fanout.close();
    expect(open).toEqual([]);
    expect(ended).toEqual(['disconnected', 'failed', 'draining']);
  });

  it('each end of a subscription once, by its reason', async () => {
    const { bench, events } = observed();
    const [left, slow, closed] = [createReader(), createReader(), createReader()];
    const member = bench.fanout.join(bench.sessions(), left.sink);
    bench.fanout.join(bench.sessions(), slow.sink);
    bench.fanout.join(bench.log(), closed.sink);
    bench.fanout.join(
      { ...bench.sessions(), key: 'failing', run: () => [{ message: 'no' }] },
      createReader().sink,
    );
    await settled();
    member.leave('disconnected');
    member.leave('completed');
    slow.open = false;
    bench.change();
    while (!slow.cut) await settled();
    bench.fanout.close();
    const ends = events.filter((event) => typeof event === 'object' && event !== null && 'reason' in event);
    expect(ends).toEqual([
      { transport: 'ws', subject: 'session', reason: 'failed' },
      { transport: 'ws', subject: 'session', reason: 'disconnected' },
      { transport: 'ws', subject: 'session', reason: 'slow' },
      { transport: 'ws', subject: 'callback', reason: 'draining' },
    ]);
  });
});
