import { CallboardError } from '../errors.ts';

/**
 * Rejects with TIMEOUT where `work` takes longer than `ms` milliseconds. It goes on meanwhile, for nobody: what the
 * store is asked has a time limit of its own.
 */
export function withinTime<T>(ms: number, work: T | Promise<T>): T | Promise<T> {
  if (!(work instanceof Promise)) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new CallboardError('TIMEOUT', `This took longer than ${ms} ms: ask for less, or try again.`));
    }, ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
