import type { Json, ReportedBank, SecondaryIdentifier } from '../domain/callback.ts';
import { isBeyondSafe, isObject, type JsonObject, own, readId, unreadableId } from './fields.ts';

/**
 * The bank of a callback: `bankId`, else `bank.id`, as text whether the wire held text or a number. A callback
 * that names no bank cannot be applied.
 */
export function readBank(body: JsonObject): ReportedBank {
  const bank = own(body, 'bank');
  const fields = isObject(bank) ? bank : {};
  const flat = own(body, 'bankId');
  const nested = own(fields, 'id');
  if (isBeyondSafe(flat)) throw unreadableId('/bankId', flat);
  if (isBeyondSafe(nested)) throw unreadableId('/bank/id', nested);
  const bankId = readId(flat) ?? readId(nested);
  if (bankId === null) throw unreadableId('/bankId', flat ?? nested);
  return { bankId, secondaryIdentifiers: readSecondaryIdentifiers(own(fields, 'secondaryIdentifiers')) };
}

/**
 * Secondary identifiers in either form seen: a list of `{type, value}` (sessions) or an object of values by type
 * (payments). Members without a readable type and value are skipped.
 */
export function readSecondaryIdentifiers(value: Json | undefined): readonly SecondaryIdentifier[] {
  const identifiers: SecondaryIdentifier[] = [];
  const add = (type: string | null, text: string | null) => {
    if (type !== null && text !== null) identifiers.push({ type, value: text });
  };
  if (Array.isArray(value)) {
    for (const member of value) {
      if (isObject(member)) add(readId(own(member, 'type')), readId(own(member, 'value')));
    }
  } else if (isObject(value)) {
    for (const [type, text] of Object.entries(value)) add(readId(type), readId(text));
  }
  return identifiers;
}
