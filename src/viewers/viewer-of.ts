import type { JWTPayload } from 'jose';
import type { Viewer } from '../domain/viewer.ts';

/** Sees every session and payment, and the journal. */
const OPERATOR = 'callboard:operator';
/** Reads account numbers unmasked, and the bodies of callbacks. */
const ACCOUNTS = 'callboard:accounts';
/** The last instant that a Date can hold, in milliseconds: a later `exp` counts as this one. */
const END_OF_TIME = 8.64e15;

/** Which claims name the viewer. */
export interface Claims {
  readonly userClaim: string;
  /** Null leaves payments to operators. */
  readonly paymentUserClaim: string | null;
}

/** The viewer whom verified claims describe (docs/security.md). `expiresAt` is `exp` in milliseconds. */
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

/** An id as text; null where the claim is missing or is no id. An empty text is none: it would identify nobody. */
function idOf(payload: JWTPayload, claim: string): string | null {
  const value = Object.hasOwn(payload, claim) ? payload[claim] : undefined;
  if (typeof value === 'string' && value !== '') return value;
  return Number.isSafeInteger(value) ? String(value) : null;
}

/** Scopes as text separated by blanks (RFC 8693 §4.2), or as a list, which several issuers send. */
function words(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return value.split(' ');
  return Array.isArray(value) ? value : [];
}
