import { beforeAll, expect, it } from 'vitest';
import { parseCallback } from '../../src/callbacks/parse/parse.ts';
import { type Replayed, replay } from '../../src/db/upkeep/replay.ts';
import type { Parsed } from '../../src/domain/journal/callback.ts';
import { body, bytes } from '../support/builders/samples.ts';
import { everyRow, openRecording, type Recording } from '../support/stores/recording.ts';
import { eachStore } from '../support/stores/stores.ts';

/** A stage this version does not know: what a newer aggregator might send. */
const unknown = body({ sessionId: 's1', userId: 'u1', bankId: '75', stage: 'Balances', status: 'Finished' });
const RECEIVED = Date.parse('2026-11-22T09:00:00.000Z');

/** The parser of a later version, which has learned the stage. */
function learned(data: Uint8Array): Parsed {
  const text = new TextDecoder().decode(data);
  return text.includes('"Balances"')
    ? parseCallback(bytes(text.replace('"Balances"', '"AccountBalances"')))
    : parseCallback(data);
}

eachStore('replay', (on) => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await openRecording(on);
    await recording.record(
      body({ sessionId: 's1', userId: 'u1', bankId: '75', stage: 'Accounts', status: 'Finished' }),
    );
    await recording.record(unknown, RECEIVED);
    await recording.record(bytes('not JSON'));
  });

  async function run(which: number | 'quarantined', parse = learned): Promise<Replayed[]> {
    const { store, recorder } = recording;
    const did: Replayed[] = [];
    for await (const one of replay({ store, recorder, parse, now: () => RECEIVED + 1_000 }, which))
      did.push(one);
    return did;
  }

  it('changes nothing while the parser still cannot read the row, and says why', async () => {
    const before = await everyRow(recording.store);
    expect(await run('quarantined', parseCallback)).toMatchObject([
      { position: 2, did: 'kept', reason: expect.stringContaining('stage: ') },
      { position: 3, did: 'kept', reason: expect.stringContaining('body: ') },
    ]);
    expect(await everyRow(recording.store)).toEqual(before);
  });

  it('applies a quarantined row once the parser reads it: a new row at the head that names the old one', async () => {
    expect(await run(2)).toEqual([{ position: 2, did: 'applied', at: 4 }]);
    const { callbacks, sessions } = await everyRow(recording.store);
    expect(callbacks[3]).toMatchObject({
      position: 4,
      outcome: 'RECORDED',
      stage: 'ACCOUNT_BALANCES',
      replayOf: 2,
      receivedAt: RECEIVED,
      replayedAt: RECEIVED + 1_000,
      version: 2,
      deliveries: 1,
      body: callbacks[1]?.body,
    });
    expect(callbacks[1]).toMatchObject({
      outcome: 'QUARANTINED',
      replayedAt: RECEIVED + 1_000,
      deliveries: 1,
    });
    expect(sessions[0]).toMatchObject({ stage: 'ACCOUNT_BALANCES', status: 'FINISHED', version: 2 });
  });

  it('is published like any other row', async () => {
    await recording.recorder.close();
    expect(recording.published.map(({ position }) => position)).toEqual([1, 2, 3, 4]);
    expect(recording.published.at(-1)?.change).toMatchObject({ of: 'session', position: 4 });
    await recording.close();
    recording = await openRecording(on);
  });

  it('changes nothing when done again', async () => {
    const before = await everyRow(recording.store);
    expect(await run(2)).toMatchObject([{ position: 2, did: 'none', reason: 'it was replayed already' }]);
    expect(await run('quarantined')).toMatchObject([{ position: 3, did: 'kept' }]);
    expect(await run(1)).toMatchObject([{ did: 'none', reason: 'it is not quarantined' }]);
    expect(await run(99)).toMatchObject([{ did: 'none', reason: 'the journal has no such position' }]);
    expect(await everyRow(recording.store)).toEqual(before);
  });

  it('finds what was sent again and applied meanwhile, and counts no delivery for it', async () => {
    const twin = body({ sessionId: 's2', userId: 'u1', bankId: '75', stage: 'Balances', status: 'Failed' });
    const quarantined = await recording.record(twin);
    const { recorder, store } = recording;
    const applied = await recorder.record({
      parsed: learned(twin),
      body: twin,
      receivedAt: RECEIVED,
      webhookId: null,
    });
    const before = await everyRow(store);
    expect(await run(quarantined.position)).toEqual([
      { position: quarantined.position, did: 'found', at: applied.position },
    ]);
    expect(await everyRow(store)).toEqual(before);
  });
});
