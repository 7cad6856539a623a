import type { JWTPayload } from 'jose';
import type { Viewer } from '../domain/viewer.ts';

/** Sees every session and payment, and the journal. */
const OPERATOR = 'callboard:operator';
/** Reads account numbers and bodies whole. */
const ACCOUNTS = 'callboard:accounts';
/** The last instant that a date can hold, in milliseconds: who signs for longer is taken to mean this. */
const END_OF_TIME = 8.64e15;

/** Which claims name the viewer. */
export interface Claims {
  readonly userClaim: string;
  /** Null leaves payments to operators. */
  readonly paymentUserClaim: string | null;
}

/** What verified claims make of their bearer (DESIGN §8). `expiresAt` is `exp` in milliseconds. */
export function viewerOf(payload: JWTPayload, expiresAt: number, claims: Claims): Viewer {
  const scopes = [...words(payload.scope), ...words(payload.scp)];
  return Object.freeze({
    userId: idOf(payload, claims.userClaim),
    paymentUserId: claims.paymentUserClaim === null ? null : idOf(payload, claims.paymentUserClaim),
    isOperator: scopes.includes(OPERATOR),
    readsAccounts: scopes.includes(ACCOUNTS),
    expiresAt: Math.min(expiresAt, END_OF_TIME),
  });
}

/** An id as text; null where the claim is missing or is none. An id that is empty would be everybody's and nobody's. */
function idOf(payload: JWTPayload, claim: string): string | null {
  const value = Object.hasOwn(payload, claim) ? payload[claim] : undefined;
  if (typeof value === 'string' && value !== '') return value;
  return Number.isSafeInteger(value) ? String(value) : null;
}

/** Scopes as text with blanks between them (RFC 8693 §4.2) or as a list, as several issuers have it. */
function words(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return value.split(' ');
  return Array.isArray(value) ? value : [];
}
