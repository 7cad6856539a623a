import { describe, expect, it } from 'vitest';
import { createFairQueue, type FairQueue } from '../../src/transport/engine/fair-queue.ts';

const anyone = () => true;

/** Takes out all that may begin, each at this cost. */
function drain(queue: FairQueue<string>, costMs: number, mayBegin: (name: string) => boolean = anyone) {
  const taken: string[] = [];
  for (let turn = queue.next(mayBegin); turn !== null; turn = queue.next(mayBegin)) {
    queue.take(turn, costMs);
    taken.push(turn.item);
  }
  return taken;
}

function filled(...items: readonly string[]): FairQueue<string> {
  const queue = createFairQueue<string>();
  for (const item of items) queue.put(item.slice(0, 1), item);
  return queue;
}

describe('a fair queue', () => {
  it('gives names their turns where each item costs a whole one, and keeps the order within a name', () => {
    const queue = filled('a1', 'a2', 'a3', 'b1', 'c1', 'b2');
    expect(drain(queue, 10)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    expect(queue.size).toBe(0);
  });

  it('lets a name begin several small items in one turn of 5 ms', () => {
    const queue = filled('a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'b3');
    expect(drain(queue, 2.5)).toEqual(['a1', 'a2', 'b1', 'b2', 'a3', 'a4', 'b3', 'a5']);
  });

  it('passes over names that may not begin, without losing their place', () => {
    const queue = filled('a1', 'b1', 'a2', 'c1');
    expect(drain(queue, 10, (name) => name !== 'a')).toEqual(['b1', 'c1']);
    expect(queue.size).toBe(2);
    expect(queue.next(() => false)).toBeNull();
    queue.put('b', 'b2');
    expect(drain(queue, 10)).toEqual(['a1', 'b2', 'a2']);
  });

  it('gives the same item until it is taken', () => {
    const queue = filled('a1', 'b1');
    expect(queue.next(anyone)).toEqual({ name: 'a', item: 'a1' });
    expect(queue.next(anyone)).toEqual({ name: 'a', item: 'a1' });
    expect(queue.size).toBe(2);
  });

  it('gives no item that was removed, and counts what is left', () => {
    const queue = filled('a1', 'a2', 'b1');
    queue.remove('a', 'a1');
    queue.remove('b', 'b1');
    queue.remove('b', 'b1');
    queue.remove('a', 'never put');
    queue.remove('nobody', 'x1');
    expect(queue.size).toBe(1);
    expect(drain(queue, 1)).toEqual(['a2']);
    expect(queue.next(anyone)).toBeNull();
  });

  it('begins a new turn for a name that comes again after its last item', () => {
    const queue = filled('a1');
    expect(drain(queue, 4)).toEqual(['a1']);
    for (const item of ['a2', 'a3', 'b1']) queue.put(item.slice(0, 1), item);
    expect(drain(queue, 4)).toEqual(['a2', 'a3', 'b1']);
  });
});
