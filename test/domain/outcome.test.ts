import { describe, expect, test } from 'vitest';
import { STAGE_NAMES, type StageName } from '../../src/domain/words.ts';
import { sessionOf } from '../support/builders/history-table.ts';
import { DEFAULTS } from '../support/stores/memory-store.ts';

/** Outcome and next action of a session that reported these, one second after the other. */
function outcomeAfter(reports: string, expectedStages: readonly StageName[] = DEFAULTS.expectedStages) {
  const lines = reports.split(', ').map((report, second) => `${second} | ${report}`);
  const { outcome, nextAction } = sessionOf(lines, { ...DEFAULTS, expectedStages });
  return `${outcome} ${nextAction}`;
}

const ALL_FINISHED = 'Auth/Finished, Acc/Finished +A1, Tx/Finished';

describe('outcome and next action, by the first rule that holds', () => {
  test.each([
    ['Auth/AuthorizationFailed', 'NEEDS_AUTHORIZATION REAUTHENTICATE'],
    ['Auth/Finished, Acc/AuthorizationFailed', 'NEEDS_AUTHORIZATION REAUTHENTICATE'],
    ['Auth/AuthenticationRequired', 'NEEDS_AUTHORIZATION REAUTHENTICATE'],
    ['Auth/Finished, Acc/AuthorizationFailed, Tx/InProgress', 'NEEDS_AUTHORIZATION REAUTHENTICATE'],
    ['Auth/Finished, Acc/InProgress, Tx/Finished', 'SUCCEEDED NONE'],
    ['Auth/Finished, Acc/InProgress, Tx/InProgress, Det/Initiated', 'SUCCEEDED NONE'],
    ['Auth/Finished, Acc/Finished, Tx/Failed, Det/Initiated', 'FAILED NONE'],
    ['Auth/Finished, Acc/InProgress, Tx/Initiated, Tx/Failed', 'FAILED NONE'],
    ['Auth/Finished, Acc/Failed, Tx/AuthorizationFailed', 'NEEDS_AUTHORIZATION REAUTHENTICATE'],
    ['Auth/Initiated', 'PENDING WAIT'],
    ['Auth/Finished', 'PENDING WAIT'],
    ['Auth/Finished, Acc/Failed, Tx/InProgress', 'PENDING WAIT'],
    ['Auth/Finished, Acc/Finished +A1, Tx/Failed', 'PARTIALLY_SUCCEEDED NONE'],
    ['Auth/Finished, Tx/InProgress +P1, Tx/Failed', 'PARTIALLY_SUCCEEDED NONE'],
    ['Auth/Finished, Acc/Finished, Tx/Failed', 'FAILED NONE'],
    ['Auth/Failed', 'FAILED REAUTHENTICATE'],
    ['Auth/Failed, Acc/Finished +A1', 'PARTIALLY_SUCCEEDED REAUTHENTICATE'],
    [ALL_FINISHED, 'SUCCEEDED NONE'],
  ])('%s: %s', (reports, expected) => {
    expect(outcomeAfter(reports)).toBe(expected);
  });
});

describe('done of total', () => {
  test.each([
    [
      'that ended short, though accounts arrived',
      `${ALL_FINISHED}, Acc/Finished +1/2`,
      'PARTIALLY_SUCCEEDED NONE',
    ],
    ['that ended full', `${ALL_FINISHED}, Acc/Finished +2/2`, 'SUCCEEDED NONE'],
    ['that ended short where nothing arrived', 'Acc/Finished +1/2, Tx/Finished', 'PARTIALLY_SUCCEEDED NONE'],
    [
      'that was short on the way and full at the end',
      'Tx/InProgress +1/2, Tx/Finished +2/2',
      'SUCCEEDED NONE',
    ],
    ['that was short on the way and unknown at the end', 'Tx/InProgress +1/2, Tx/Finished', 'SUCCEEDED NONE'],
    ['that ended short with more to come', 'Auth/Finished, Acc/Finished +2/3', 'PENDING WAIT'],
    [
      'derived: one first page of two accounts',
      'Acc/Finished +A1, Acc/Finished +A2, Tx/InProgress +P1, Tx/Finished',
      'SUCCEEDED NONE',
    ],
    [
      'unknown, where no first page ever came',
      'Acc/Finished +A1, Acc/Finished +A2, Tx/Finished',
      'SUCCEEDED NONE',
    ],
  ])('%s', (_, reports, expected) => {
    expect(outcomeAfter(reports)).toBe(expected);
  });
});

describe('a stage beyond the expected ones', () => {
  test.each([
    'Det/Initiated',
    'Det/Failed',
    'Det/AuthorizationFailed',
    'Det/Finished +1/2',
    'Bal/InProgress',
    'Bal/Failed',
  ])('never takes SUCCEEDED back: %s', (report) => {
    expect(outcomeAfter(`${ALL_FINISHED}, ${report}`)).toBe('SUCCEEDED NONE');
  });

  test('counts until the last expected one has finished', () => {
    expect(outcomeAfter('Auth/Finished, Acc/Finished, Bal/Failed')).toBe('FAILED NONE');
    expect(outcomeAfter('Auth/Finished, Acc/Finished, Bal/Failed, Tx/Finished')).toBe('SUCCEEDED NONE');
  });
});

describe('EXPECTED_STAGES', () => {
  test.each<[string, readonly StageName[], string]>([
    ['Auth/Finished, Acc/Finished', ['AUTHENTICATION', 'ACCOUNTS'], 'SUCCEEDED NONE'],
    ['Auth/Finished, Acc/Finished', ['AUTHENTICATION', 'ACCOUNTS', 'TRANSACTIONS'], 'PENDING WAIT'],
    [ALL_FINISHED, STAGE_NAMES, 'PENDING WAIT'],
    [`${ALL_FINISHED}, Det/Finished`, STAGE_NAMES, 'SUCCEEDED NONE'],
    ['Tx/Finished', ['TRANSACTIONS'], 'SUCCEEDED NONE'],
    ['Tx/Finished, Acc/Failed', ['TRANSACTIONS'], 'SUCCEEDED NONE'],
    ['Tx/Finished, Acc/Failed', ['ACCOUNTS', 'TRANSACTIONS'], 'FAILED NONE'],
  ])('decides nothing but SUCCEEDED: %s with %j is %s', (reports, expected, outcome) => {
    expect(outcomeAfter(reports, expected)).toBe(outcome);
  });
});
