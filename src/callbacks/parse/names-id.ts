/** The texts that a body's bytes may be: JSON is UTF-8, yet what is in quarantine may be UTF-16, with or without a mark. */
const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be'] as const;

/** Fields of a body in which an id of this kind stands. */
const FIELDS = {
  user: ['userId', 'externalId'],
  session: ['sessionId'],
  payment: ['paymentId'],
} as const;

/**
 * Makes the judge of whether a body names an id of this kind, in any field where one stands: as text or as a number,
 * alone or in a list or an object under the field, also where the same field stands again after it, and whatever of it
 * is escaped. The body need not be JSON: of what is broken, the whole part is read.
 */
export function namesId(kind: keyof typeof FIELDS, id: string): (body: Uint8Array) => boolean {
  const isField = new Set<string>(FIELDS[kind]);
  return (body) =>
    ENCODINGS.some((encoding) => {
      const text = new TextDecoder(encoding).decode(body);
      return mentions(text, isField, id);
    });
}

/** A string, closed or cut off; a word or number; or one of JSON's marks. */
const TOKEN = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|[^\s"{}[\],:]+|[{}[\],:]/g;

/** One walk over the tokens that remembers for each open object or list whether it stands under one of the fields. */
function mentions(text: string, isField: ReadonlySet<string>, id: string): boolean {
  const open: boolean[] = [];
  /** Whether what comes next stands under a field. */
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

/** What a string says; a word or number as it stands. */
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
