import { describe, expect, it } from 'vitest';
import { encodeCursor } from '../../src/domain/cursor.ts';
import { IDENTITY } from '../support/builders/entries.ts';
import { fingerprintAt } from '../support/builders/states.ts';
import { person } from '../support/builders/viewers.ts';
import { createLiveBench, createReader, cursorOf, cursors, data, settled } from './live-bench.ts';

describe('a subscription', () => {
  it('resumes behind an honoured cursor, in portions, without a SNAPSHOT', async () => {
    const bench = createLiveBench();
    for (const sessionId of ['a', 'b', 'c', 'd', 'a']) bench.change({ sessionId });
    const reader = createReader();
    bench.fanout.join(bench.sessions({ after: cursorOf(1) }), reader.sink);
    while (reader.received.length < 4) await settled();
    bench.change({ sessionId: 'b' });
    await settled();
    expect(cursors(reader)).toEqual([2, 3, 4, 5, 6]);
    expect(reader.received.map((message) => data(message).kind)).not.toContain('SNAPSHOT');
  });

  it.each([
    ['garbage', 'nonsense'],
    ['another store', encodeCursor({ identity: 'ffffffff', position: 2, fingerprint: fingerprintAt(2) })],
    ['beyond the head', cursorOf(99)],
    ['of another history', encodeCursor({ identity: IDENTITY, position: 3, fingerprint: fingerprintAt(33) })],
    ['what 0.1 gave', Buffer.from(`${IDENTITY}.3`).toString('base64url')],
    ['no longer reached', cursorOf(1)],
  ])('opens with a SNAPSHOT that says so when a cursor is %s', async (_, after) => {
    const bench = createLiveBench();
    for (let n = 0; n < 5; n++) bench.change();
    bench.store.lowest = 2;
    for (const ask of [{ after }, { after, sessionId: 's1' }]) {
      const reader = createReader();
      bench.fanout.join(bench.sessions(ask), reader.sink);
      await settled();
      expect(reader.received.map((message) => data(message).recovered)).toEqual([false]);
      expect(cursors(reader)).toEqual([5]);
    }
  });

  it('takes the furthest cursor that can be honoured, and none for an empty one', async () => {
    const bench = createLiveBench();
    for (let n = 0; n < 5; n++) bench.change({ sessionId: `s${n}` });
    const reader = createReader();
    bench.fanout.join(
      bench.sessions({ after: `${cursorOf(2)},${cursorOf(4)}, ${cursorOf(77)}` }),
      reader.sink,
    );
    const fresh = createReader();
    bench.fanout.join(bench.sessions({ after: '' }), fresh.sink);
    await settled();
    expect(cursors(reader)).toEqual([5]);
    expect(fresh.received.map((message) => data(message).recovered)).toEqual([true]);
  });

  it('says once that a session has left the filter, and nothing of one that never met it', async () => {
    const bench = createLiveBench();
    const reader = createReader();
    bench.fanout.join(bench.sessions({ filter: { status: ['FAILED'] } }), reader.sink);
    await settled();
    bench.change({ status: 'IN_PROGRESS' });
    bench.change({ status: 'FAILED' }, { status: 'IN_PROGRESS' });
    bench.change({ status: 'FINISHED' }, { status: 'FAILED' });
    bench.change({ status: 'FINISHED' }, { status: 'FINISHED' });
    expect(reader.received.slice(1).map((message) => data(message).matches)).toEqual([true, false]);
    expect(cursors(reader)).toEqual([0, 2, 3]);
  });

  it('sends on resuming what may have left the filter, and leaves out what never met it', async () => {
    const bench = createLiveBench();
    bench.change({ sessionId: 'a', status: 'FINISHED' });
    bench.change({ sessionId: 'b', status: 'FAILED' });
    bench.change({ sessionId: 'c', status: 'FAILED', bankId: 'other' });
    const reader = createReader();
    bench.fanout.join(
      bench.sessions({ filter: { status: ['FAILED'], bankId: '75' }, after: cursorOf(0) }),
      reader.sink,
    );
    while (reader.received.length < 2) await settled();
    await settled();
    expect(reader.received.map((message) => data(message).matches)).toEqual([false, true]);
  });

  it('sends nobody what is not theirs', async () => {
    const bench = createLiveBench();
    const reader = createReader();
    for (const ask of [{}, { sessionId: 's1' }, { externalId: 'e1' }, { after: cursorOf(0) }]) {
      bench.fanout.join(bench.sessions({ viewer: person('u2'), ...ask }), reader.sink);
    }
    await settled();
    bench.change({ userId: 'u1', externalId: 'e1' });
    await settled();
    expect(reader.received.map((message) => data(message).state)).toEqual([null, null, null]);
    expect(() => bench.live.callbackRecorded({ viewer: person('u2') })).toThrow('operators only');
  });

  it('follows the session created last of those that share an external id', async () => {
    const bench = createLiveBench();
    bench.change({ sessionId: 'old', externalId: 'e1', createdAt: 10 });
    bench.change({ sessionId: 'new', externalId: 'e1', createdAt: 20 });
    const reader = createReader();
    bench.fanout.join(bench.sessions({ externalId: 'e1' }), reader.sink);
    await settled();
    bench.change({ sessionId: 'old', externalId: 'e1', createdAt: 10 });
    bench.change({ sessionId: 'newer', externalId: 'e1', createdAt: 30 });
    bench.change({ sessionId: 'new', externalId: 'e1', createdAt: 20 });
    bench.change({ sessionId: 'newer', externalId: 'e1', createdAt: 30 });
    expect(reader.received.map((message) => data(message).state.sessionId)).toEqual([
      'new',
      'newer',
      'newer',
    ]);
  });
});
