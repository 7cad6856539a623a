import { describe, expect, it } from 'vitest';
import { createClosingStack } from '../src/closing-stack.ts';

describe('a closing stack', () => {
  it('closes what was opened last first, each after the one before, and once', async () => {
    const closing = createClosingStack({ error: () => {} });
    const done: string[] = [];
    const part = (name: string) => ({
      async close() {
        done.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        done.push(`${name} ends`);
      },
    });
    const store = part('store');
    expect(closing.use(store)).toBe(store);
    closing.add(part('server').close);
    await Promise.all([closing.close(), closing.close()]);
    expect(done).toEqual(['server begins', 'server ends', 'store begins', 'store ends']);
  });

  it('logs what cannot be closed, and closes the rest', async () => {
    const logged: unknown[] = [];
    const closing = createClosingStack({ error: (about: unknown) => logged.push(about) });
    let closed = false;
    closing.add(() => {
      closed = true;
    });
    const err = new Error('stuck');
    closing.add(() => Promise.reject(err));
    await closing.close();
    expect(closed).toBe(true);
    expect(logged).toEqual([{ err }]);
  });
});
