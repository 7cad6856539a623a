import type { Json, ReportedBank, SecondaryIdentifier } from '../../domain/journal/callback.ts';
import type { FaultList } from './fault-list.ts';
import { ID_ALLOWED, isBeyondSafe, isObject, type JsonObject, own, readId, unreadableId } from './fields.ts';

/**
 * The bank of a callback: `bankId`, else `bank.id`, as text whether it was sent as text or as a number. A callback
 * that names no bank cannot be applied. Where the two differ, the identifiers of `bank` belong to another bank.
 */
export function readBank(body: JsonObject, faults: FaultList): ReportedBank {
  const bank = own(body, 'bank');
  const fields = isObject(bank) ? bank : null;
  const flat = own(body, 'bankId');
  const nested = fields === null ? undefined : own(fields, 'id');
  if (isBeyondSafe(flat)) throw unreadableId('/bankId', flat);
  if (isBeyondSafe(nested)) throw unreadableId('/bank/id', nested);
  const flatId = readId(flat);
  const nestedId = readId(nested);
  const bankId = flatId ?? nestedId;
  if (bankId === null) throw unreadableId('/bankId', flat ?? nested);
  if (flatId === null && isThere(flat)) faults.add('/bankId', ID_ALLOWED);
  if (nestedId === null && isThere(nested)) faults.add('/bank/id', ID_ALLOWED);
  if (fields === null) {
    if (isThere(bank)) faults.add('/bank', 'is not an object');
    return { bankId, secondaryIdentifiers: [] };
  }
  if (nestedId !== null && nestedId !== bankId) {
    faults.add('/bank/id', 'differs from bankId, which counts; the identifiers of this bank are left out');
    return { bankId, secondaryIdentifiers: [] };
  }
  return { bankId, secondaryIdentifiers: readSecondaryIdentifiers(fields, '/bank', faults) };
}

/**
 * Secondary identifiers in either form seen: a list of `{type, value}` (sessions) or an object of values by type
 * (payments). One without a value is skipped; one that cannot be read is left out as a fault.
 * @param parent the JSON Pointer of the object that has them
 */
export function readSecondaryIdentifiers(
  object: JsonObject,
  parent: string,
  faults: FaultList,
): readonly SecondaryIdentifier[] {
  const value = own(object, 'secondaryIdentifiers');
  if (value === undefined) return [];
  const path = `${parent}/secondaryIdentifiers`;
  if (Array.isArray(value)) {
    return value.flatMap((member, index) => {
      if (member === null) return [];
      const fields = isObject(member) ? member : { value: member };
      return identifierOf(own(fields, 'type'), own(fields, 'value'), `${path}/${index}`, faults);
    });
  }
  if (!isObject(value)) {
    if (isThere(value)) faults.add(path, 'is neither a list of {type, value} nor an object');
    return [];
  }
  // The types are chosen by the sender here, so no path names them.
  return Object.entries(value).flatMap(([type, text]) => identifierOf(type, text, path, faults));
}

function identifierOf(
  type: Json | undefined,
  value: Json | undefined,
  path: string,
  faults: FaultList,
): SecondaryIdentifier[] {
  if (!isThere(value)) return [];
  const [kind, text] = [readId(type), readId(value)];
  if (kind !== null && text !== null) return [{ type: kind, value: text }];
  faults.add(path, `has no readable type and value; ${ID_ALLOWED}`);
  return [];
}

/** Empty text counts as absent, as null does. */
const isThere = (value: Json | undefined): boolean => value !== undefined && value !== null && value !== '';
