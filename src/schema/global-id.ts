import { STAGE_NAMES, type StageName } from '../domain/words.ts';

/** What a global id names. An account is named by its place in the session's list, never by its number. */
export type NodeKey =
  | { readonly type: 'Session'; readonly sessionId: string }
  | { readonly type: 'Stage'; readonly sessionId: string; readonly name: StageName }
  | { readonly type: 'Account'; readonly sessionId: string; readonly ordinal: number }
  | { readonly type: 'Bank'; readonly bankId: string }
  | { readonly type: 'Payment'; readonly paymentId: string }
  | { readonly type: 'Callback'; readonly position: number };

/** Says what `id` is, on the types that are read by themselves. */
export const GLOBAL_ID = 'Global and opaque, as every `id`.';

const encode = (text: string): string => Buffer.from(text).toString('base64');

export const sessionGlobalId = (sessionId: string): string => encode(`Session:${sessionId}`);
export const stageGlobalId = (sessionId: string, name: StageName): string =>
  encode(`Stage:${name}:${sessionId}`);
export const accountGlobalId = (sessionId: string, ordinal: number): string =>
  encode(`Account:${ordinal}:${sessionId}`);
export const bankGlobalId = (bankId: string): string => encode(`Bank:${bankId}`);
export const paymentGlobalId = (paymentId: string): string => encode(`Payment:${paymentId}`);
export const callbackGlobalId = (position: number): string => encode(`Callback:${position}`);

/** A longer text names nothing: an id of the greatest length takes less. */
const MAX_GLOBAL_ID_LENGTH = 2_048;

/** Null for a text that is not a global id. */
export function decodeGlobalId(id: string): NodeKey | null {
  if (id.length > MAX_GLOBAL_ID_LENGTH) return null;
  const text = Buffer.from(id, 'base64').toString('utf8');
  // One node has one id: what decodes to it but is written otherwise is none.
  if (encode(text) !== id) return null;
  const [type, rest] = cut(text);
  switch (type) {
    case 'Session':
      return { type, sessionId: rest };
    case 'Bank':
      return { type, bankId: rest };
    case 'Payment':
      return { type, paymentId: rest };
    case 'Callback': {
      const position = wholeNumber(rest);
      return position === null ? null : { type, position };
    }
    case 'Stage': {
      const [word, sessionId] = cut(rest);
      const name = STAGE_NAMES.find((known) => known === word);
      return name === undefined ? null : { type, name, sessionId };
    }
    case 'Account': {
      const [place, sessionId] = cut(rest);
      const ordinal = wholeNumber(place);
      return ordinal === null ? null : { type, ordinal, sessionId };
    }
    default:
      return null;
  }
}

/** Both sides of the first colon; an id may hold others. */
function cut(text: string): readonly [string, string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

function wholeNumber(text: string): number | null {
  return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : null;
}
