/** The encodings that a body may have: JSON is UTF-8, yet a quarantined body may be UTF-16, with or without a BOM. */
const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be'] as const;

/** Fields of a body that hold an id of this kind. */
const FIELDS = {
  user: ['userId', 'externalId'],
  session: ['sessionId'],
  payment: ['paymentId'],
} as const;

/**
 * Makes a test of whether a body names an id of this kind in any field that may hold one: as text or as a number,
 * alone or in a list or an object under the field, also where the field occurs twice, and with any of it escaped. The
 * body need not be valid JSON: a broken one is read up to where it breaks.
 */
export function namesId(kind: keyof typeof FIELDS, id: string): (body: Uint8Array) => boolean {
  const isField = new Set<string>(FIELDS[kind]);
  return (body) =>
    ENCODINGS.some((encoding) => {
      const text = new TextDecoder(encoding).decode(body);
      return mentions(text, isField, id);
    });
}

/** A string, closed or cut off; a word or number; or one of JSON's punctuators. */
const TOKEN = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|[^\s"{}[\],:]+|[{}[\],:]/g;

/** One walk over the tokens that tracks for each open object or list whether it is within one of the fields. */
function mentions(text: string, isField: ReadonlySet<string>, id: string): boolean {
  const open: boolean[] = [];
  /** Whether the next value is within one of the fields. */
  let under = false;
  let last = '';
  for (const [token] of text.matchAll(TOKEN)) {
    switch (token) {
      case '{':
      case '[':
        open.push(under);
        break;
      case '}':
      case ']':
        open.pop();
        under = open.at(-1) ?? false;
        break;
      case ',':
        under = open.at(-1) ?? false;
        break;
      case ':':
        under = under || isField.has(last);
        break;
      default:
        last = unquoted(token);
        if (under && last === id) return true;
    }
  }
  return false;
}

/** The text of a string, unescaped; a word or number as it is written. */
function unquoted(token: string): string {
  if (!token.startsWith('"')) return token;
  const inner = token.replace(/^"|"$/g, '');
  if (!inner.includes('\\')) return inner;
  try {
    return String(JSON.parse(`"${inner}"`));
  } catch {
    return inner;
  }
}
