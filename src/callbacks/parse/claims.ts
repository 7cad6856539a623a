import { isStorableText, MAX_ID_LENGTH } from '../../domain/ids.ts';
import type { Json, ReportedSubject } from '../../domain/journal/callback.ts';
import { toWire } from '../../domain/words.ts';
import { isObject, type JsonObject, own, readId } from './fields.ts';
import { readBody } from './read-json.ts';
import { paymentStatusOf } from './statuses.ts';

const NOTHING: ReportedSubject = Object.freeze({
  userId: null,
  sessionId: null,
  sessionExternalId: null,
  paymentId: null,
  paymentExternalId: null,
  bankId: null,
  stage: null,
  status: null,
});

/** What a stored body claims, applied or quarantined: all null where it is not a JSON object. Never throws. */
export function readReported(body: Uint8Array): ReportedSubject {
  return reportedBy(readBody(body).value);
}

/**
 * What a parsed body claims, unchecked: each field that is readable and can be stored, even where others are wrong.
 * `stage` and `status` are the aggregator's words as sent, cut to 256 characters.
 */
export function reportedBy(value: Json | undefined): ReportedSubject {
  if (!isObject(value)) return NOTHING;
  const bank = own(value, 'bank');
  return {
    userId: claimedId(value, 'userId'),
    sessionId: claimedId(value, 'sessionId'),
    sessionExternalId: claimedId(value, 'sessionExternalId'),
    paymentId: claimedId(value, 'paymentId'),
    paymentExternalId: claimedId(value, 'paymentExternalId'),
    bankId: claimedId(value, 'bankId') ?? (isObject(bank) ? claimedId(bank, 'id') : null),
    stage: claimedWord(own(value, 'stage')),
    status: claimedWord(own(value, 'status')) ?? claimedPaymentStatus(own(value, 'paymentStatus')),
  };
}

function claimedId(object: JsonObject, name: string): string | null {
  const id = readId(own(object, name));
  return id !== null && isStorableText(id) ? id : null;
}

function claimedWord(value: Json | undefined): string | null {
  if (typeof value !== 'string' || value === '' || !isStorableText(value)) return null;
  // A cut within a surrogate pair would leave a lone surrogate.
  return value.slice(0, MAX_ID_LENGTH).replace(/\p{Surrogate}$/u, '');
}

/** A status sent as a number is shown by its name, as everywhere else. */
function claimedPaymentStatus(value: Json | undefined): string | null {
  const status = paymentStatusOf(value);
  if (status !== undefined) return toWire(status);
  return typeof value === 'number' ? readId(value) : claimedWord(value);
}
