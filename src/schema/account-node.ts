import type { Account, Session } from '../domain/session/session.ts';

/** One account of a session. Its place in the session's list, which is only ever appended to, is its identity. */
export interface AccountNode {
  readonly session: Session;
  readonly account: Account;
  readonly ordinal: number;
}

/** The account at this place; null where there is none. */
export function accountNode(session: Session, ordinal: number): AccountNode | null {
  const account = session.accounts[ordinal];
  return account === undefined ? null : { session, account, ordinal };
}
