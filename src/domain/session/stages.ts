import type { StageName } from '../words.ts';
import type { SessionState, StageState } from './session.ts';

/** The state of each stage. */
export type Stages = SessionState['stages'];

/** A stage of which nothing was received. */
export const NOT_YET: StageState = {
  shown: null,
  suspected: null,
  past: [],
  next: 1,
  putBackAt: null,
  passed: false,
  version: 0,
  updatedAt: null,
};

/** The same stage, or another one, in each place. */
export function mapStages(stages: Stages, map: (stage: StageState, name: StageName) => StageState): Stages {
  return {
    AUTHENTICATION: map(stages.AUTHENTICATION, 'AUTHENTICATION'),
    ACCOUNTS: map(stages.ACCOUNTS, 'ACCOUNTS'),
    ACCOUNT_BALANCES: map(stages.ACCOUNT_BALANCES, 'ACCOUNT_BALANCES'),
    TRANSACTIONS: map(stages.TRANSACTIONS, 'TRANSACTIONS'),
    TRANSACTION_DETAILS: map(stages.TRANSACTION_DETAILS, 'TRANSACTION_DETAILS'),
  };
}

/**
 * A stage with other members. All are named in one order, as everywhere that a stage is made: V8 then knows a single
 * shape of stages, and the fold is compiled for that one (docs/decisions/0058).
 */
export function withMembers(stage: StageState, members: Partial<StageState>): StageState {
  const { shown, suspected, past, next, putBackAt, passed, version, updatedAt } = { ...stage, ...members };
  return { shown, suspected, past, next, putBackAt, passed, version, updatedAt };
}

/**
 * What a record holds for one stage. `record[name]` is the same, but V8 compiles it for the name that it has seen, and
 * again when another comes.
 */
export function ofStage<T>(record: Readonly<Record<StageName, T>>, name: StageName): T {
  switch (name) {
    case 'AUTHENTICATION':
      return record.AUTHENTICATION;
    case 'ACCOUNTS':
      return record.ACCOUNTS;
    case 'ACCOUNT_BALANCES':
      return record.ACCOUNT_BALANCES;
    case 'TRANSACTIONS':
      return record.TRANSACTIONS;
    case 'TRANSACTION_DETAILS':
      return record.TRANSACTION_DETAILS;
  }
}
