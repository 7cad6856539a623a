import { endOfString } from './end-of-string.ts';

/**
 * Whether this JSON text has more keys than its parsed objects, so that one of them has a key twice. Each key is
 * followed by a colon, so all colons are counted first, and only where there are more, those outside of strings.
 */
export function holdsMoreKeysThan(text: string, keys: number): boolean {
  let colons = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) colons += 1;
  return colons > keys && colonsOutsideStrings(text) > keys;
}

function colonsOutsideStrings(text: string): number {
  let colons = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === 58) colons += 1;
    at = code === 34 ? endOfString(text, at) : at + 1;
  }
  return colons;
}

interface Container {
  /** Null in an array. */
  readonly keys: Set<string> | null;
  /** The key or index that was read last. */
  part: string | number;
}

/**
 * The path (keys and indexes from the top) of the first key that its object already has, in any escaping; null where
 * there is none. `text` is JSON.
 */
export function findRepeatedKey(text: string): readonly (string | number)[] | null {
  const within: Container[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const top = within.at(-1);
    switch (text[at]) {
      case '{':
        within.push({ keys: new Set(), part: '' });
        break;
      case '[':
        within.push({ keys: null, part: 0 });
        break;
      case '}':
      case ']':
        within.pop();
        break;
      case ',':
        if (typeof top?.part === 'number') top.part += 1;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (top !== undefined && top.keys !== null && isKey(text, end)) {
          top.part = String(JSON.parse(text.slice(at, end)));
          if (top.keys.has(top.part)) return within.map(({ part }) => part);
          top.keys.add(top.part);
        }
        at = end - 1;
        break;
      }
      default:
    }
  }
  return null;
}

/** Whether a colon follows. */
function isKey(text: string, end: number): boolean {
  let at = end;
  while (/\s/.test(text.charAt(at))) at += 1;
  return text.charAt(at) === ':';
}
