import { EXPLORER, type Viewer } from '../../../src/domain/viewer.ts';

/** One that sees everything. */
export const operator: Viewer = EXPLORER;

/** One that sees its own sessions and payments, and no account numbers. */
export function person(userId: string | null, overrides: Partial<Viewer> = {}): Viewer {
  return {
    userId,
    paymentUserId: userId,
    isOperator: false,
    readsAccounts: false,
    expiresAt: null,
    ...overrides,
  };
}
