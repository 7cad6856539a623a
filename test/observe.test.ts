import { describe, expect, it } from 'vitest';
import { createObserver, emitUnexpected, UNOBSERVED } from '../src/observe.ts';

const observer = () => {
  const logged: unknown[] = [];
  return { ...createObserver({ error: (about: unknown) => logged.push(about) }), logged };
};

const BATCH = { callbacks: 3, rows: 2, firstPosition: 7, ms: 1.5 };

describe('an event', () => {
  it('reaches all its listeners at once and in their order, until each is removed', () => {
    const { emit, on } = observer();
    const received: string[] = [];
    const offs = ['a', 'b'].map((name) =>
      on('batchCommitted', ({ rows }) => received.push(`${name}${rows}`)),
    );
    emit.batchCommitted?.(BATCH);
    offs[0]?.();
    emit.batchCommitted?.(BATCH);
    offs[1]?.();
    emit.batchCommitted?.(BATCH);
    expect(received).toEqual(['a2', 'b2', 'b2']);
  });

  it('reaches a listener that was added twice twice, and once after it was removed once', () => {
    const { emit, on } = observer();
    let times = 0;
    const listener = () => {
      times += 1;
    };
    const off = on('batchAnswered', listener);
    on('batchAnswered', listener);
    emit.batchAnswered?.({ callbacks: 1 });
    off();
    off();
    emit.batchAnswered?.({ callbacks: 1 });
    expect(times).toBe(3);
  });

  it('is not even made while nobody listens to it', () => {
    const { emit, on } = observer();
    let made = 0;
    const make = () => {
      made += 1;
      return BATCH;
    };
    emit.batchCommitted?.(make());
    const off = on('batchCommitted', () => {});
    emit.batchCommitted?.(make());
    emit.batchAnswered?.({ callbacks: made });
    off();
    emit.batchCommitted?.(make());
    UNOBSERVED.batchCommitted?.(make());
    expect(made).toBe(1);
    expect(emit.batchCommitted).toBeNull();
  });

  it('goes on to the other listeners where one throws, whose error is logged', () => {
    const { emit, on, logged } = observer();
    const err = new Error('a listener broke');
    on('storeReached', () => {
      throw err;
    });
    let received = 0;
    on('storeReached', () => {
      received += 1;
    });
    emit.storeReached?.({ afterMs: 1 });
    expect(received).toBe(1);
    expect(logged).toEqual([{ err, event: 'storeReached' }]);
  });

  it('of the unexpected carries the id that the answer names', () => {
    const { emit, on } = observer();
    const ids: string[] = [];
    on('failedUnexpectedly', ({ errorId }) => ids.push(errorId));
    const answered = emitUnexpected(emit, 'it failed', new Error('inside'));
    expect(ids).toEqual([answered]);
    expect(answered).toMatch(/^[\da-f]{12}$/);
  });
});
