import { isUtf8 } from 'node:buffer';
import { isStorableText } from '../../domain/ids.ts';
import type { Fault, Json } from '../../domain/journal/callback.ts';
import { faultOf } from '../../domain/journal/fault.ts';
import { endOfString } from './end-of-string.ts';
import { BODY, type KnownField, type KnownFields } from './known-fields.ts';
import { findRepeatedKey, holdsMoreKeysThan } from './repeated-key.ts';

/** The deepest nesting that is applied; a top-level object is depth 1. */
const MAX_DEPTH = 32;

/**
 * A body as JSON. `canonical` has keys sorted by code unit and no blanks, so that two spellings of one value are
 * the same text; it is null where a number has digits that JavaScript cannot hold, because then two different
 * bodies would become one text.
 */
export type Reading =
  | {
      readonly ok: true;
      readonly value: Json;
      readonly canonical: string | null;
      /** As sent, without a byte order mark. */
      readonly text: string;
      /** JSON Pointers of fields that this version does not know. */
      readonly unknownFields: readonly string[];
    }
  | { readonly ok: false; readonly fault: Fault; readonly value: Json | undefined };

/**
 * Reads a body as strict UTF-8, with or without a byte order mark, and refuses what cannot be kept or compared: nesting
 * deeper than 32, NUL characters and lone surrogates, which PostgreSQL's text cannot hold, and an object with the same
 * key twice, of which a parser before us may have read the other one. `value` is undefined where the bytes are not JSON
 * at all. Never throws.
 * @param repeatedKeys `taken` reads the last of them, as JSON.parse does
 */
export function readBody(body: Uint8Array, repeatedKeys: 'refused' | 'taken' = 'refused'): Reading {
  if (body.length === 0)
    return { ok: false, fault: faultOf('', 'is empty; a JSON object is expected'), value: undefined };
  if (!isUtf8(body)) return { ok: false, fault: faultOf('', 'is not UTF-8'), value: undefined };
  const start = hasByteOrderMark(body) ? 3 : 0;
  const text = Buffer.from(body.buffer, body.byteOffset + start, body.byteLength - start).toString('utf8');
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, fault: faultOf('', 'is not JSON'), value: undefined };
  }
  const walk = createWalk(text.includes('\\u'));
  const canonical = walk.write(value, 0, BODY);
  if (walk.flaw !== null) return { ok: false, fault: { reason: walk.flaw, path: pointer(walk.path) }, value };
  const repeated =
    repeatedKeys === 'refused' && holdsMoreKeysThan(text, walk.keys) ? findRepeatedKey(text) : null;
  if (repeated !== null)
    return { ok: false, fault: faultOf(pointer(repeated), 'stands twice in one object'), value };
  const isWhole = !walk.sawNumber || numbersAreHeld(text);
  return { ok: true, value, canonical: isWhole ? canonical : null, text, unknownFields: walk.unknown };
}

function hasByteOrderMark(body: Uint8Array): boolean {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
}

/** A JSON Pointer (RFC 6901). Of a path too long to be read, the nearest ancestor that is short enough. */
function pointer(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) {
    const longer = `${text}/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (longer.length > 512) return text;
    text = longer;
  }
  return text;
}

interface Walk {
  /** What is wrong, once something is. */
  flaw: string | null;
  /** Where the walk is: keys and indexes from the top. */
  readonly path: (string | number)[];
  sawNumber: boolean;
  /** The number of keys of all objects visited so far. */
  keys: number;
  /** Paths of the unknown fields, at every level whose fields are known. */
  readonly unknown: string[];
  /**
   * The value's canonical JSON; meaningless once there is a flaw. `depth` counts the containers around it, and
   * `known` describes the field that holds it.
   */
  readonly write: (value: Json, depth: number, known: KnownField | null) => string;
}

/** How many unknown fields of one callback are named, at most. */
const MAX_UNKNOWN_FIELDS = 50;

/** A name as programs write them. One with more digits may be an account number or an id used as a key. */
function isName(key: string): boolean {
  return /^[A-Za-z_$@][\w$.-]{0,63}$/.test(key) && (key.match(/\d/g)?.length ?? 0) <= 4;
}

/**
 * One walk over the value that both checks and writes it. A NUL or a lone surrogate can only have been written as
 * a `\u` escape (strict UTF-8 holds no surrogate, and JSON no bare control character), so strings are searched
 * only where the text holds one. On a flaw the walk stops with `path` at the offending value.
 */
function createWalk(mayHoldUnstorable: boolean): Walk {
  const walk: Walk = { flaw: null, path: [], sawNumber: false, keys: 0, unknown: [], write };
  const seen = new Map<KnownFields, Set<string>>();

  function write(value: Json, depth: number, known: KnownField | null): string {
    switch (typeof value) {
      case 'string':
        return writeText(value);
      case 'number':
        walk.sawNumber = true;
        return JSON.stringify(value);
      case 'boolean':
        return value ? 'true' : 'false';
      default:
        if (value === null) return 'null';
        if (depth === MAX_DEPTH) {
          walk.flaw = `body: is nested deeper than ${MAX_DEPTH} levels`;
          return '';
        }
        return Array.isArray(value)
          ? writeArray(value, depth + 1, known === null ? null : known.member)
          : writeObject(value, depth + 1, known === null ? null : known.fields);
    }
  }

  function writeText(text: string): string {
    if (mayHoldUnstorable && !isStorableText(text)) {
      walk.flaw = 'body: holds a NUL character or a lone surrogate in its text';
    }
    return JSON.stringify(text);
  }

  function writeArray(members: readonly Json[], depth: number, known: KnownField | null): string {
    let json = '[';
    let index = 0;
    for (const member of members) {
      walk.path.push(index);
      json += (index === 0 ? '' : ',') + write(member, depth, known);
      if (walk.flaw !== null) return '';
      walk.path.pop();
      index += 1;
    }
    return `${json}]`;
  }

  function writeObject(
    object: { readonly [key: string]: Json },
    depth: number,
    fields: KnownFields | null,
  ): string {
    let json = '{';
    const keys = sortedKeys(object);
    walk.keys += keys.length;
    for (const key of keys) {
      const known = fields?.get(key) ?? null;
      let name = known?.text;
      if (name === undefined) {
        name = `${writeText(key)}:`;
        // A key that cannot be stored cannot be part of a path either: the path ends at the object that has it.
        if (walk.flaw !== null) return '';
        if (fields !== null) noteUnknown(fields, key);
      }
      walk.path.push(key);
      json += (json.length === 1 ? '' : ',') + name + write(object[key] ?? null, depth, known);
      if (walk.flaw !== null) return '';
      walk.path.pop();
    }
    return `${json}}`;
  }

  /** Names an unknown field: once for all members of a list; a name that may be personal data is written `*`. */
  function noteUnknown(fields: KnownFields, key: string): void {
    const name = isName(key) ? key : '*';
    const names = seen.get(fields) ?? new Set();
    if (names.has(name) || walk.unknown.length >= MAX_UNKNOWN_FIELDS) return;
    seen.set(fields, names.add(name));
    walk.unknown.push(pointer([...walk.path, name]));
  }

  return walk;
}

/** By UTF-16 code units, which no locale changes. Sorted only where they are not: sorting takes a third of parsing's memory. */
function sortedKeys(object: { readonly [key: string]: Json }): readonly string[] {
  const keys = Object.keys(object);
  let before = '';
  for (const key of keys) {
    if (key < before) return keys.sort();
    before = key;
  }
  return keys;
}

/** Whether JavaScript holds every number of this JSON text exactly. Strings are skipped. */
function numbersAreHeld(text: string): boolean {
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      at = endOfString(text, at);
    } else if (isDigit(code)) {
      const start = at;
      while (at < text.length && isOfNumber(text.charCodeAt(at))) at += 1;
      if (!isHeld(text.slice(start, at))) return false;
    } else {
      at += 1;
    }
  }
  return true;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Digits, `.`, `e`, `E`, `+` and `-`: in JSON a number ends at the first other character. */
function isOfNumber(code: number): boolean {
  return isDigit(code) || code === 46 || code === 101 || code === 69 || code === 43 || code === 45;
}

/** A double holds every decimal of 15 significant digits within its normal range, and every integer to 2^53-1. */
function isHeld(digits: string): boolean {
  // A longer one is mostly zeros or too large, and the code below visits each zero more than once.
  if (digits.length > 40) return false;
  const value = Number(digits);
  if (Number.isSafeInteger(value) && /^\d+$/.test(digits)) return true;
  const [mantissa = ''] = digits.split(/e/i, 1);
  const significant = mantissa.replace('.', '').replace(/^0+/, '').replace(/0+$/, '');
  if (significant === '') return true;
  return significant.length <= 15 && value >= 2.2250738585072014e-308 && value <= Number.MAX_VALUE;
}
