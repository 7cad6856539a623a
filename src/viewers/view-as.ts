import type { Viewer } from '../domain/viewer.ts';
import { badInput } from '../errors.ts';

/** The header by which a page in explore mode sees what one person sees; `as` in `connectionParams`. */
export const VIEW_AS_HEADER = 'callboard-as';

/** An operation's `extensions`, in which GraphiQL sends its headers over a WebSocket. */
type Extensions = Readonly<Record<string, unknown>> | null | undefined;

const MAX_CHARACTERS = 256;
const UNREADABLE = /[\p{Control}\p{Surrogate}\uFFFD]/u;

/**
 * The person of this id, without an operator's rights: for frontends in explore mode, where there are no tokens.
 * Throws BAD_USER_INPUT where `as` is no id.
 */
export function viewAs(as: unknown): Viewer {
  if (typeof as !== 'string' || as === '' || as.length > MAX_CHARACTERS || UNREADABLE.test(as)) {
    throw badInput(`Callboard-As must be one user's id, of 1 to ${MAX_CHARACTERS} characters in UTF-8.`);
  }
  return Object.freeze({
    userId: as,
    paymentUserId: as,
    isOperator: false,
    readsAccounts: false,
    expiresAt: null,
  });
}

/** A header's value as its sender wrote it: Node reads each byte as one character. */
export function fromHeader(value: string | string[] | undefined): unknown {
  return typeof value === 'string' ? Buffer.from(value, 'latin1').toString('utf8').trim() : value;
}

/** The same header as GraphiQL's headers pane sends it over a WebSocket, in `extensions.headers`; undefined without. */
export function viewAsOf(extensions: Extensions): unknown {
  const headers = extensions?.headers;
  if (typeof headers !== 'object' || headers === null) return undefined;
  return Object.entries(headers).find(([name]) => name.toLowerCase() === VIEW_AS_HEADER)?.[1];
}
