import { isIP } from 'node:net';
import { z } from 'zod';
import { readDocuments, type TrustedDocuments } from './documents.ts';
import { isLoopback, withoutBrackets } from './hosts.ts';
import { readSigningKey } from './signing-key.ts';

/** How a variable's text is parsed, and what is allowed, worded to follow "it must be" in a fault. */
export interface Format<Value> {
  readonly schema: z.ZodType<Value, string>;
  readonly allowed: string;
}

const matching = (pattern: RegExp) => z.string().regex(pattern);
/** Visible ASCII characters with blanks between them, `min` to 512. */
const visible = (min: number) => matching(new RegExp(`^[!-~](?:[ -~]{${min - 2},510}[!-~])$`));

/** A list with commas between its entries and at least one entry; blanks around entries do not count. */
const listOf = <Value>(entry: z.ZodType<Value, string>) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== ''),
    )
    .pipe(z.array(entry).min(1));

/** A value of `read`; undefined where a text is none. */
const readBy = <Value>(read: (text: string) => Value | undefined) =>
  z.string().transform((text, context) => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: 'cannot be read' });
    return z.NEVER;
  });

export const text = (allowed: string): Format<string> => ({ schema: z.string(), allowed });

export const integer = (min: number, max: number, unit = ''): Format<number> => ({
  schema: matching(/^\d{1,12}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max)),
  allowed: `a whole number ${unit === '' ? '' : `of ${unit} `}from ${min} to ${max}`,
});

export const oneOf = <const Word extends string>(words: readonly Word[]): Format<Word> => ({
  schema: z.enum(words),
  allowed: words.length === 2 ? words.join(' or ') : words.join(', '),
});

export const trueOrFalse: Format<boolean> = {
  schema: z.enum(['true', 'false']).transform((word) => word === 'true'),
  allowed: 'true or false',
};

export const onOrOff: Format<boolean> = {
  schema: z.enum(['on', 'off']).transform((word) => word === 'on'),
  allowed: 'on or off',
};

/** Entries of a closed set, by their spelling outside. */
export const list = <Value>(
  read: (text: string) => Value | undefined,
  spellings: readonly string[],
): Format<Value[]> => ({
  schema: listOf(readBy(read)),
  allowed: `a comma-separated list of ${spellings.join(', ')}`,
});

export const host: Format<string> = {
  schema: z
    .string()
    .transform(withoutBrackets)
    .refine((name) => isIP(name) !== 0 || /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})$/.test(name)),
  allowed: 'an address or a host name to listen on',
};

export const databaseUrl: Format<string> = {
  schema: z.string().refine((address) => {
    if (!URL.canParse(address)) return false;
    const { protocol, host } = new URL(address);
    return /^postgres(?:ql)?:$/.test(protocol) && host !== '';
  }),
  allowed: 'postgres://user:password@host:port/database',
};

export const signingKeys = {
  schema: listOf(readBy(readSigningKey)).refine((keys) =>
    ['hmac', 'ed25519'].every((kind) => keys.filter((key) => key.kind === kind).length <= 2),
  ),
  allowed:
    'a comma-separated list of at most two whsec_ keys (base64 of 24 to 64 bytes) and two whpk_ keys (base64 of 32 bytes)',
};

export const headerName: Format<string> = {
  schema: matching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/).transform((name) => name.toLowerCase()),
  allowed: "a header's name",
};

/** One secret, or two while they are exchanged. */
const secrets = (entry: z.ZodType<string, string>) => listOf(entry).refine(({ length }) => length <= 2);

export const visibleSecret: Format<string> = {
  schema: visible(16),
  allowed: '16 to 512 visible ASCII characters',
};

export const visibleSecrets = (min: number): Format<string[]> => ({
  schema: secrets(visible(min)),
  allowed: `at most two comma-separated secrets of ${min} to 512 visible ASCII characters`,
});

export const pathSecrets: Format<string[]> = {
  schema: secrets(matching(/^[A-Za-z0-9_-]{16,128}$/)),
  allowed: 'at most two comma-separated secrets of 16 to 128 letters, digits, - and _',
};

/** http:// is allowed on this machine only: an attacker who could replace the key set on its way could sign tokens. */
export const keySetUrl: Format<string> = {
  schema: z.string().refine((address) => {
    if (!URL.canParse(address)) return false;
    const { protocol, hostname, username, password } = new URL(address);
    const safe = protocol === 'https:' || (protocol === 'http:' && isLoopback(withoutBrackets(hostname)));
    return safe && username === '' && password === '';
  }),
  allowed: 'an https:// address without credentials (http:// on this machine only)',
};

export const origins: Format<string[]> = {
  schema: listOf(
    z.string().refine((one) => URL.canParse(one) && new URL(one).origin === one && one !== 'null'),
  ),
  allowed: 'a comma-separated list of origins such as https://app.example.com (no path, no *)',
};

export const proxies: Format<string[]> = {
  schema: listOf(z.string().refine(isProxy)),
  allowed: 'a comma-separated list of addresses, networks (10.0.0.0/8), loopback, linklocal or uniquelocal',
};

function isProxy(one: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(one)) return true;
  const [address = '', bits, ...more] = one.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
}

export const documentsFile: Format<TrustedDocuments> = {
  schema: readBy(readDocuments),
  allowed:
    "the path of a JSON file: a list of documents, an object whose values are documents (as codegen and Relay write it), or Apollo's manifest",
};
