import { expect, it } from 'vitest';
import { createLogger } from '../src/logger.ts';

function logged(write: (log: ReturnType<typeof createLogger>) => void): unknown[] {
  const lines: unknown[] = [];
  write(createLogger({ level: 'info', to: { write: (line: string) => lines.push(JSON.parse(line)) } }));
  return lines;
}

it('a line of the log is one JSON object with level, time and message', () => {
  const lines = logged((log) => log.info({ url: 'http://127.0.0.1:4000' }, 'ready'));
  expect(lines).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      url: 'http://127.0.0.1:4000',
      msg: 'ready',
    },
  ]);
});

it('credentials in headers are never logged, nor is what lies below the level', () => {
  const headers = {
    authorization: 'Bearer canary',
    cookie: 'a=canary',
    'webhook-signature': 'v1,canary',
    host: 'x',
  };
  const lines = logged((log) => {
    log.info({ headers }, 'one');
    log.child({ req: { headers } }).warn('two');
    log.debug('three');
  });
  expect(lines).toHaveLength(2);
  expect(JSON.stringify(lines)).not.toContain('canary');
  expect(JSON.stringify(lines)).toContain('"host":"x"');
});

it('an error of the store is logged without the rows and statements that it is about', () => {
  const lines = logged((log) => {
    const about = {
      detail: 'Key (user_id)=(canary)',
      where: 'canary',
      query: 'canary',
      parameters: ['canary'],
    };
    log.error({ err: Object.assign(new Error('duplicate key'), { code: '23505', ...about }) }, 'failed');
  });
  expect(lines).toMatchObject([{ msg: 'failed', err: { message: 'duplicate key', code: '23505' } }]);
  expect(JSON.stringify(lines)).not.toContain('canary');
});
