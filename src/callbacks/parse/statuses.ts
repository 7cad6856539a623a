import type { Json } from '../../domain/journal/callback.ts';
import {
  PAYMENT_STATUSES,
  type PaymentStatus,
  STAGE_NAMES,
  STAGE_STATUSES,
  type StageName,
  type StageStatus,
  toWire,
  wireReader,
} from '../../domain/words.ts';
import { type FaultFound, faultAt, type JsonObject, own } from './fields.ts';

const toStage = wireReader(STAGE_NAMES);
const toStatus = wireReader(STAGE_STATUSES);
const toPaymentStatus = wireReader(PAYMENT_STATUSES);

/** The stage in the aggregator's spelling; anything else is a fault that names the known ones. */
export function readStage(body: JsonObject): StageName {
  const value = own(body, 'stage');
  const stage = typeof value === 'string' ? toStage(value) : undefined;
  if (stage === undefined) throw notOneOf('/stage', value, STAGE_NAMES.map(toWire));
  return stage;
}

/** The stage's status in the aggregator's spelling; anything else is a fault that names the known ones. */
export function readStatus(body: JsonObject): StageStatus {
  const value = own(body, 'status');
  const status = typeof value === 'string' ? toStatus(value) : undefined;
  if (status === undefined) throw notOneOf('/status', value, STAGE_STATUSES.map(toWire));
  return status;
}

/** The payment's status by name or by number; anything else is a fault that names the known ones. */
export function readPaymentStatus(body: JsonObject): PaymentStatus {
  const value = own(body, 'paymentStatus');
  const status = (typeof value === 'string' ? toPaymentStatus(value) : undefined) ?? paymentStatusOf(value);
  if (status === undefined) {
    throw notOneOf(
      '/paymentStatus',
      value,
      PAYMENT_STATUSES.map((word, index) => `${toWire(word)} (${index + 1})`),
    );
  }
  return status;
}

/** The payment status that this number, or its text, stands for: 1 is Created. */
export function paymentStatusOf(value: Json | undefined): PaymentStatus | undefined {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\s*\d\s*$/.test(value));
  return isNumber ? PAYMENT_STATUSES[Number(value) - 1] : undefined;
}

/** The only fault that repeats what was sent: a status or stage is not personal data, and its spelling is the clue. */
function notOneOf(path: string, value: Json | undefined, allowed: readonly string[]): FaultFound {
  const known = allowed.join(', ');
  if (value === undefined) return faultAt(path, `is missing; one of ${known} is expected`);
  if (typeof value !== 'string' && typeof value !== 'number') return faultAt(path, `is not one of ${known}`);
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
  return faultAt(path, `${shown} is not one of ${known}`);
}
