import { once } from 'node:events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
// @ts-expect-error ws exports its Receiver, and its types do not name it.
import { Receiver } from 'ws';
import { createEncodeNext } from '../../src/transport/ws/frame.ts';
import { codePoint } from '../support/builders/code-point.ts';
import { seeded } from '../support/builders/seed.ts';

/** The message as a client reads it, by an implementation other than Callboard's. */
async function read(frame: Buffer): Promise<unknown> {
  const receiver = new Receiver({ isServer: false });
  const received = once(receiver, 'message');
  receiver.write(frame);
  const [data] = await received;
  return JSON.parse(String(data));
}

it('a client reads the id and the payload that were sent, of any content and length', async () => {
  const encode = createEncodeNext();
  const payloads = fc.oneof(
    fc.json(),
    fc.integer({ min: 0, max: 70_000 }).map((length) => JSON.stringify('é'.repeat(length))),
  );
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: codePoint }), payloads, async (id, payload) => {
      const expected = { id, type: 'next', payload: JSON.parse(payload) };
      expect(await read(encode(id, payload))).toEqual(expected);
      expect(await read(encode(id, payload))).toEqual(expected);
      expect(await read(encode('other', payload))).toEqual({ ...expected, id: 'other' });
    }),
    seeded(200),
  );
});
