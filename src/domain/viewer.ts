/** Who sends a request, by its token. Every read and every published change is scoped by it. */
export interface Viewer {
  /** Compared with a session's `userId`; null when the token names nobody, or in explore mode. */
  readonly userId: string | null;
  /** Compared with a payment's `user.externalId`; null when payments are the operators' alone. */
  readonly paymentUserId: string | null;
  /** Sees every session and payment, and the journal. */
  readonly isOperator: boolean;
  /** Reads all account numbers unmasked, and all bodies. Owners read their own numbers without it. */
  readonly readsAccounts: boolean;
  /** When the token ends, in milliseconds since 1970; null when it never does. */
  readonly expiresAt: number | null;
}

/** Explore mode has no credentials: everyone on this machine is an operator who may read everything. */
export const EXPLORER: Viewer = Object.freeze({
  userId: null,
  paymentUserId: null,
  isOperator: true,
  readsAccounts: true,
  expiresAt: null,
});

/**
 * Whether the viewer may read this user's account numbers unmasked. Owners may read their own, others need the scope;
 * being an operator is not enough.
 */
export function mayReadNumbersOf(viewer: Viewer, userId: string): boolean {
  return viewer.readsAccounts || viewer.userId === userId;
}

/** Whether the viewer may read a callback's body, which may hold any account number: only with the scope. */
export function mayReadBodies(viewer: Viewer): boolean {
  return viewer.readsAccounts;
}

/** What two subscriptions must have in common to share one execution: all of the viewer that can affect an answer. */
export function viewerScope(viewer: Viewer): string {
  return JSON.stringify([viewer.userId, viewer.paymentUserId, viewer.isOperator, viewer.readsAccounts]);
}
