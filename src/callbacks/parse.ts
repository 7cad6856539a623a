import { hash } from 'node:crypto';
import type {
  Callback,
  Json,
  Parsed,
  PaymentCallback,
  PaymentUser,
  SessionCallback,
} from '../domain/callback.ts';
import type { CallbackKind } from '../domain/words.ts';
import { readBank, readSecondaryIdentifiers } from './banks.ts';
import { type Reading, readBody } from './canonical.ts';
import { readAccounts, readPage } from './details.ts';
import {
  FaultFound,
  faultAt,
  isObject,
  type JsonObject,
  optionalId,
  own,
  readFlag,
  readId,
  requiredId,
  unreadableId,
} from './fields.ts';
import { readProgress } from './progress.ts';
import { reportedBy } from './reported.ts';
import { shapeOf } from './shapes.ts';
import { readPaymentStatus, readStage, readStatus } from './statuses.ts';

/**
 * Makes of a body's bytes what the aggregator meant, or says what is wrong with it and where (DESIGN §3). Pure; a
 * few microseconds; never throws, whatever the bytes. Fields it does not know are ignored: the body is kept whole
 * elsewhere.
 */
export function parseCallback(body: Uint8Array): Parsed {
  return parseReading(body, readBody(body));
}

/**
 * The same for the body of a callback that was applied once: what the journal holds is read as it was then, also where
 * it would be quarantined today.
 */
export function parseApplied(body: Uint8Array): Parsed {
  return parseReading(body, readBody(body, 'taken'));
}

function parseReading(body: Uint8Array, reading: Reading): Parsed {
  if (!reading.ok) return quarantined(body, new FaultFound(reading.fault), reading.value);
  try {
    const callback = readCallback(reading.value);
    return { ok: true, callback, digest: hash('sha256', reading.canonical ?? body) };
  } catch (error) {
    if (error instanceof FaultFound) return quarantined(body, error, reading.value);
    throw error;
  }
}

/** A quarantined body is known by its bytes: of what cannot be read, nothing says that two spellings mean the same. */
function quarantined(body: Uint8Array, { fault }: FaultFound, value: Json | undefined): Parsed {
  const shape = isObject(value) ? shapeOf(value) : 'UNKNOWN';
  const kind = shape === 'UNKNOWN' || shape === 'TWO' ? null : shape;
  return { ok: false, fault, kind, reported: reportedBy(value), digest: hash('sha256', body) };
}

function readCallback(body: Json): Callback {
  if (!isObject(body)) throw faultAt('', 'is not a JSON object');
  const shape = shapeOf(body);
  switch (shape) {
    case 'UNKNOWN':
      throw faultAt('', 'has no field of a session, of a transactions page or of a payment');
    case 'TWO':
      throw faultAt('', 'has the fields of two shapes; a callback has one');
    case 'PAYMENT':
      return readPayment(body);
    default:
      return readSession(body, shape);
  }
}

function readSession(body: JsonObject, kind: Exclude<CallbackKind, 'PAYMENT'>): SessionCallback {
  return {
    kind,
    sessionId: requiredId(body, 'sessionId'),
    externalId: optionalId(body, 'sessionExternalId'),
    userId: requiredId(body, 'userId'),
    bank: readBank(body),
    isSca: readFlag(own(body, 'isSca')),
    stage: readStage(body),
    status: readStatus(body),
    progress: readProgress(body),
    accounts: kind === 'ACCOUNTS' ? readAccounts(body) : [],
    page: kind === 'TRANSACTION_PAGE' ? readPage(body) : null,
  };
}

function readPayment(body: JsonObject): PaymentCallback {
  return {
    kind: 'PAYMENT',
    paymentId: requiredId(body, 'paymentId'),
    externalId: optionalId(body, 'paymentExternalId'),
    status: readPaymentStatus(body),
    bank: readBank(body),
    user: readUser(body),
  };
}

/** The user decides who may see the payment: one that is there but cannot be read is a fault, not nobody. */
function readUser(body: JsonObject): PaymentUser {
  const user = own(body, 'user');
  if (!isObject(user)) throw faultAt('/user', 'is missing or is not an object');
  const claimed = own(user, 'externalId');
  const externalId = readId(claimed);
  if (claimed !== undefined && externalId === null) throw unreadableId('/user/externalId', claimed);
  return {
    externalId,
    secondaryIdentifiers: readSecondaryIdentifiers(own(user, 'secondaryIdentifiers')),
  };
}
