import type { Fault } from './callback.ts';

/**
 * A fault at a JSON Pointer. `what` says what is wrong and what is allowed; it never repeats an id or an account number,
 * because reasons are logged and shown.
 */
export function faultOf(path: string, what: string): Fault {
  const field = path === '' ? 'body' : path.slice(1).replaceAll('/', '.');
  return { reason: `${field}: ${what}`, path };
}
