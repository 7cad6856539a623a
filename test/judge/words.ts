/** The stages of a session, in the order in which they happen. */
export const STAGES = ['AUTHENTICATION', 'ACCOUNTS', 'TRANSACTIONS', 'TRANSACTION_DETAILS'] as const;
export type Stage = (typeof STAGES)[number];

/** Where a stage stands. */
export const STATUSES = ['INITIATED', 'IN_PROGRESS', 'FINISHED', 'FAILED', 'AUTHORIZATION_FAILED'] as const;
export type Status = (typeof STATUSES)[number];

/** What a session comes to for the person who connected the bank. */
export const OUTCOMES = [
  'SUCCEEDED',
  'PARTIALLY_SUCCEEDED',
  'FAILED',
  'NEEDS_AUTHORIZATION',
  'PENDING',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The spelling that the aggregator uses in its callbacks. */
export const WIRE_STAGES: Readonly<Record<Stage, string>> = {
  AUTHENTICATION: 'Authentication',
  ACCOUNTS: 'Accounts',
  TRANSACTIONS: 'Transactions',
  TRANSACTION_DETAILS: 'TransactionDetails',
};

/** The spelling that the aggregator uses in its callbacks. */
export const WIRE_STATUSES: Readonly<Record<Status, string>> = {
  INITIATED: 'Initiated',
  IN_PROGRESS: 'InProgress',
  FINISHED: 'Finished',
  FAILED: 'Failed',
  AUTHORIZATION_FAILED: 'AuthorizationFailed',
};

/** True of a status after which the attempt of its stage reports nothing more. */
export function isTerminal(status: Status): boolean {
  return status === 'FINISHED' || status === 'FAILED' || status === 'AUTHORIZATION_FAILED';
}
