import { hash } from 'node:crypto';
import type {
  Callback,
  Findings,
  Json,
  Parsed,
  PaymentCallback,
  PaymentUser,
  RuledPaths,
  SessionCallback,
} from '../../domain/journal/callback.ts';
import type { CallbackKind } from '../../domain/words.ts';
import { readBank, readSecondaryIdentifiers } from './banks.ts';
import { reportedBy } from './claims.ts';
import { readAccounts, readPage } from './details.ts';
import { FaultList } from './fault-list.ts';
import {
  FaultFound,
  faultAt,
  isObject,
  type JsonObject,
  own,
  readFlag,
  readId,
  requiredId,
  unreadableId,
} from './fields.ts';
import { optional, optionalId } from './optional.ts';
import { readProgress } from './progress.ts';
import { type Reading, readBody } from './read-json.ts';
import { shapeOf } from './shapes.ts';
import { readPaymentStatus, readStage, readStatus } from './statuses.ts';

/**
 * Parses a body's bytes to a callback, or to what is wrong with it and where. Pure; takes a few microseconds; never
 * throws, for any bytes. An unreadable field that is not needed to apply the callback is left out and named in
 * `faults`; unknown fields are named in `unknownFields`. The journal keeps the whole body.
 */
export function parseCallback(body: Uint8Array): Parsed {
  return parseReading(body, readBody(body));
}

/**
 * The same for a body that was applied before: it is read as it was then, even where a later rule would quarantine it
 * today.
 */
export function parseApplied(body: Uint8Array): Parsed {
  return parseReading(body, readBody(body, 'taken'));
}

const SESSION_PATHS: RuledPaths = { owner: '/userId', accounts: '/details/accounts', page: '/accountId' };
const PAYMENT_PATHS: RuledPaths = { owner: '/user/externalId' };

function parseReading(body: Uint8Array, reading: Reading): Parsed {
  if (!reading.ok) return quarantined(body, new FaultFound(reading.fault), reading.value, []);
  const { value, unknownFields } = reading;
  const faults = new FaultList();
  try {
    const callback = readCallback(value, faults);
    const digest = hash('sha256', reading.canonical ?? reading.text);
    const paths = callback.kind === 'PAYMENT' ? PAYMENT_PATHS : SESSION_PATHS;
    return { ok: true, callback, paths, digest, faults: faults.read(), unknownFields };
  } catch (error) {
    if (error instanceof FaultFound) return quarantined(body, error, value, unknownFields);
    throw error;
  }
}

/** The faults and unknown fields of a stored body. Never throws. */
export function readFindings(body: Uint8Array): Findings {
  return parseApplied(body);
}

/** A quarantined body is identified by its bytes: where it cannot be read, no two spellings can be known to be equal. */
function quarantined(
  body: Uint8Array,
  { fault }: FaultFound,
  value: Json | undefined,
  unknownFields: readonly string[],
): Parsed {
  const shape = isObject(value) ? shapeOf(value) : 'UNKNOWN';
  const kind = shape === 'UNKNOWN' || shape === 'TWO' ? null : shape;
  const digest = hash('sha256', body);
  return { ok: false, fault, kind, reported: reportedBy(value), digest, faults: [], unknownFields };
}

function readCallback(body: Json, faults: FaultList): Callback {
  if (!isObject(body)) throw faultAt('', 'is not a JSON object');
  const shape = shapeOf(body);
  switch (shape) {
    case 'UNKNOWN':
      throw faultAt('', 'has no field of a session, of a transactions page or of a payment');
    case 'TWO':
      throw faultAt('', 'has the fields of two shapes; a callback has one');
    case 'PAYMENT':
      return readPayment(body, faults);
    default:
      return readSession(body, shape, faults);
  }
}

const FLAG = { read: readFlag, allowed: 'is no flag; true, false, 1 or 0 is allowed' };

function readSession(
  body: JsonObject,
  kind: Exclude<CallbackKind, 'PAYMENT'>,
  faults: FaultList,
): SessionCallback {
  return {
    kind,
    sessionId: requiredId(body, 'sessionId'),
    externalId: optionalId(body, 'sessionExternalId', faults),
    userId: requiredId(body, 'userId'),
    bank: readBank(body, faults),
    isSca: optional(body, 'isSca', '', FLAG, faults),
    stage: readStage(body),
    status: readStatus(body),
    progress: readProgress(body, faults),
    accounts: kind === 'ACCOUNTS' ? readAccounts(body, faults) : [],
    page: kind === 'TRANSACTION_PAGE' ? readPage(body, faults) : null,
  };
}

function readPayment(body: JsonObject, faults: FaultList): PaymentCallback {
  return {
    kind: 'PAYMENT',
    paymentId: requiredId(body, 'paymentId'),
    externalId: optionalId(body, 'paymentExternalId', faults),
    status: readPaymentStatus(body),
    bank: readBank(body, faults),
    user: readUser(body, faults),
  };
}

/** The user decides who may see the payment: an unreadable one is a fault and does not count as absent. */
function readUser(body: JsonObject, faults: FaultList): PaymentUser {
  const user = own(body, 'user');
  if (!isObject(user)) throw faultAt('/user', 'is missing or is not an object');
  const claimed = own(user, 'externalId');
  const externalId = readId(claimed);
  if (claimed !== undefined && externalId === null) throw unreadableId('/user/externalId', claimed);
  return {
    externalId,
    secondaryIdentifiers: readSecondaryIdentifiers(user, '/user', faults),
  };
}
