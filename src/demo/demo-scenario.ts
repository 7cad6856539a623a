import type { Scenario } from '../simulator/scenario/scenario.ts';

/** A connection in small steps: accounts arrive one after another. */
export const DEMO_SCENARIO: Scenario = {
  name: 'demo',
  people: ['anna', 'bert', 'chloe', 'dirk'],
  banks: [
    { id: 75, bic: 'BPKOPLPW' },
    { id: '12', bic: 'KREDBEBB' },
  ],
  sessions: [
    {
      accounts: [{}, { accountType: 'SavingsAccount' }, {}],
      steps: [
        { stage: 'Authentication', status: 'Initiated' },
        { stage: 'Authentication', status: 'InProgress' },
        { stage: 'Authentication', status: 'Finished' },
        { stage: 'Accounts', status: 'Initiated' },
        { stage: 'Accounts', status: 'InProgress', accounts: [0] },
        { stage: 'Accounts', status: 'InProgress', accounts: [0, 1] },
        { stage: 'Accounts', status: 'Finished', accounts: 'all' },
        { stage: 'Transactions', status: 'Initiated' },
        // Listed again, as banks do: where the end of Accounts is lost, they are known all the same.
        { stage: 'Transactions', status: 'InProgress', accounts: 'all' },
        { stage: 'Transactions', status: 'InProgress', page: { account: 0 } },
        { stage: 'Transactions', status: 'InProgress', page: { account: 1 } },
        { stage: 'Transactions', status: 'InProgress', page: { account: 2 } },
        { stage: 'Transactions', status: 'Finished' },
      ],
      expect: { outcome: 'SUCCEEDED', stage: 'TRANSACTIONS', status: 'FINISHED' },
    },
  ],
};
