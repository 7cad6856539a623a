import { describe, expect, test } from 'vitest';
import { played, sessionOf, table } from '../support/builders/history-table.ts';

/* The states of docs/rules.md with the quiet time of 30 s; how to read a table stands in history-table.ts. */

describe('a success stays a success', () => {
  test('when everything comes once more, much later', () => {
    const story = table`
      at  | comes            | answer   | shown                                          | now | outcome   | next
      0   | Auth/Initiated   | recorded | Auth 1 Initiated                               | Auth | PENDING   | WAIT
      1   | Auth/Finished    | recorded | Auth 1 Finished                                | Auth | PENDING   | WAIT
      2   | Acc/Finished     | recorded | Auth 1 Finished, Acc 1 Finished                | Acc  | PENDING   | WAIT
      3   | Tx/Initiated     | recorded | Auth 1 Finished, Acc 1 Finished, Tx 1 Initiated | Tx  | PENDING   | WAIT
      4   | Tx/InProgress    | recorded | Auth 1 Finished, Acc 1 Finished, Tx 1 InProgress | Tx | PENDING   | WAIT
      5   | Tx/Finished      | recorded | Auth 1 Finished, Acc 1 Finished, Tx 1 Finished | Tx  | SUCCEEDED | NONE
      600 | Tx/Initiated     | late     | Auth 1 Finished, Acc 1 Finished, Tx 1 Finished | Tx  | SUCCEEDED | NONE
      600 | Tx/InProgress    | late     | Auth 1 Finished, Acc 1 Finished, Tx 1 Finished | Tx  | SUCCEEDED | NONE
      601 | Auth/Initiated   | late     | Auth 1 Finished, Acc 1 Finished, Tx 1 Finished | Tx  | SUCCEEDED | NONE`;
    expect(played(story)).toEqual(story);
  });

  test('when a callback comes again within the quiet time: it is a repeat of the attempt that is shown', () => {
    const story = table`
      at     | comes         | answer   | shown          | now | outcome   | next
      0      | Tx/Initiated  | recorded | Tx 1 Initiated | Tx  | PENDING   | WAIT
      1      | Tx/Finished   | recorded | Tx 1 Finished  | Tx  | SUCCEEDED | NONE
      30.999 | Tx/Initiated  | repeated | Tx 1 Finished  | Tx  | SUCCEEDED | NONE
      31     | Tx/Initiated  | late     | Tx 1 Finished  | Tx  | SUCCEEDED | NONE`;
    expect(played(story)).toEqual(story);
  });

  test('when what comes much later is not an Initiated: nothing but an Initiated suspects a restart', () => {
    const story = table`
      at  | comes            | answer   | shown          | now | outcome   | next
      0   | Tx/Finished      | recorded | Tx 1 Finished  | Tx  | SUCCEEDED | NONE
      600 | Tx/InProgress    | late     | Tx 1 Finished  | Tx  | SUCCEEDED | NONE
      601 | Tx/Finished      | repeated | Tx 1 Finished  | Tx  | SUCCEEDED | NONE`;
    expect(played(story)).toEqual(story);
  });

  test('the quiet time counts from the newest terminal', () => {
    const story = table`
      at  | comes               | answer   | shown            | now | outcome   | next
      0   | Tx/Finished         | recorded | Tx 1 Finished    | Tx  | SUCCEEDED | NONE
      20  | Tx/Finished +1/1    | recorded | Tx 1 Finished 1/1 | Tx | SUCCEEDED | NONE
      48  | Tx/Initiated        | late     | Tx 1 Finished 1/1 | Tx | SUCCEEDED | NONE
      49  | Tx/Initiated        | repeated | Tx 1 Finished 1/1 | Tx | SUCCEEDED | NONE
      50  | Tx/Initiated        | late     | Tx 1 Finished 1/1 | Tx | SUCCEEDED | NONE`;
    expect(played(story)).toEqual(story);
  });

  test('its stage that runs again is shown when that run ends; then it is the current one, and later ones wait', () => {
    const story = table`
      at  | comes          | answer   | shown                          | now | outcome   | next
      0   | Acc/Finished   | recorded | Acc 1 Finished                 | Acc | PENDING   | WAIT
      1   | Tx/Finished    | recorded | Acc 1 Finished, Tx 1 Finished  | Tx  | SUCCEEDED | NONE
      60  | Acc/Initiated  | late     | Acc 1 Finished, Tx 1 Finished  | Tx  | SUCCEEDED | NONE
      61  | Acc/InProgress | late     | Acc 1 Finished, Tx 1 Finished  | Tx  | SUCCEEDED | NONE
      62  | Acc/Finished   | recorded | Acc 2 Finished, Tx 1 Finished  | Acc | SUCCEEDED | NONE
      63  | Tx/Initiated   | late     | Acc 2 Finished, Tx 1 Finished  | Acc | SUCCEEDED | NONE
      64  | Tx/InProgress  | late     | Acc 2 Finished, Tx 1 Finished  | Acc | SUCCEEDED | NONE
      65  | Tx/Finished    | recorded | Acc 2 Finished, Tx 2 Finished  | Tx  | SUCCEEDED | NONE`;
    expect(played(story)).toEqual(story);
  });

  test('a run of it again that fails is shown, and reopens the outcome', () => {
    const story = table`
      at  | comes         | answer   | shown                         | now | outcome   | next
      0   | Acc/Finished  | recorded | Acc 1 Finished                | Acc | PENDING   | WAIT
      1   | Tx/Finished   | recorded | Acc 1 Finished, Tx 1 Finished | Tx  | SUCCEEDED | NONE
      60  | Tx/Initiated  | late     | Acc 1 Finished, Tx 1 Finished | Tx  | SUCCEEDED | NONE
      61  | Tx/Failed     | recorded | Acc 1 Finished, Tx 2 Failed   | Tx  | FAILED    | NONE`;
    expect(played(story)).toEqual(story);
  });
});

describe('a restart of what ended badly', () => {
  test('is confirmed by its first callback that is not Initiated, and puts later stages back', () => {
    const story = table`
      at  | comes           | answer   | shown                                        | now  | outcome | next
      0   | Auth/Finished   | recorded | Auth 1 Finished                              | Auth | PENDING | WAIT
      1   | Acc/Failed      | recorded | Auth 1 Finished, Acc 1 Failed                | Acc  | FAILED  | NONE
      2   | Tx/Failed       | recorded | Auth 1 Finished, Acc 1 Failed, Tx 1 Failed   | Tx   | FAILED  | NONE
      40  | Acc/Initiated   | late     | Auth 1 Finished, Acc 1 Failed, Tx 1 Failed   | Tx   | FAILED  | NONE
      41  | Acc/InProgress  | recorded | Auth 1 Finished, Acc 2 InProgress            | Acc  | PENDING | WAIT
      42  | Acc/Finished    | recorded | Auth 1 Finished, Acc 2 Finished              | Acc  | PENDING | WAIT
      43  | Tx/Initiated    | recorded | Auth 1 Finished, Acc 2 Finished, Tx 2 Initiated | Tx | PENDING | WAIT
      44  | Tx/Failed       | recorded | Auth 1 Finished, Acc 2 Finished, Tx 2 Failed | Tx   | FAILED  | NONE`;
    expect(played(story)).toEqual(story);
  });

  test('stays unseen while only Initiated came, however often', () => {
    const story = table`
      at  | comes                | answer   | shown        | now | outcome | next
      0   | Acc/Failed           | recorded | Acc 1 Failed | Acc | FAILED  | NONE
      40  | Acc/Initiated        | late     | Acc 1 Failed | Acc | FAILED  | NONE
      80  | Acc/Initiated        | repeated | Acc 1 Failed | Acc | FAILED  | NONE
      81  | Acc/Initiated +0/2   | late     | Acc 1 Failed | Acc | FAILED  | NONE
      82  | Acc/InProgress       | recorded | Acc 2 InProgress 0/2 | Acc | PENDING | WAIT`;
    expect(played(story)).toEqual(story);
  });

  test('of a partial success: accounts and first pages stay, the stage that brought them starts again', () => {
    const story = table`
      at  | comes                 | answer   | shown                                   | now | outcome             | next
      0   | Acc/Finished +A1      | recorded | Acc 1 Finished                          | Acc | PENDING             | WAIT
      1   | Tx/InProgress +P1     | recorded | Acc 1 Finished, Tx 1 InProgress 1/1     | Tx  | PENDING             | WAIT
      2   | Tx/Failed             | recorded | Acc 1 Finished, Tx 1 Failed 1/1         | Tx  | PARTIALLY_SUCCEEDED | NONE
      40  | Acc/Initiated         | late     | Acc 1 Finished, Tx 1 Failed 1/1         | Tx  | PARTIALLY_SUCCEEDED | NONE
      41  | Acc/InProgress        | recorded | Acc 2 InProgress                        | Acc | PENDING             | WAIT
      42  | Tx/InProgress         | recorded | Acc 2 InProgress, Tx 2 InProgress       | Tx  | PENDING             | WAIT`;
    expect(played(story)).toEqual(story);
    const { accounts, transactionPages } = sessionOf(story);
    expect(accounts).toMatchObject([{ accountNumber: 'A1' }]);
    expect(transactionPages).toMatchObject([{ accountId: 'P1' }]);
  });

  test('a suspected restart of a later stage is put back with it: its next attempt is a new one', () => {
    const story = table`
      at  | comes           | answer   | shown                                | now | outcome | next
      0   | Acc/Finished    | recorded | Acc 1 Finished                       | Acc | PENDING | WAIT
      1   | Tx/Failed       | recorded | Acc 1 Finished, Tx 1 Failed          | Tx  | FAILED  | NONE
      40  | Tx/Initiated    | late     | Acc 1 Finished, Tx 1 Failed          | Tx  | FAILED  | NONE
      41  | Acc/Initiated   | late     | Acc 1 Finished, Tx 1 Failed          | Tx  | FAILED  | NONE
      42  | Acc/InProgress  | recorded | Acc 2 InProgress                     | Acc | PENDING | WAIT
      43  | Tx/Initiated    | recorded | Acc 2 InProgress, Tx 3 Initiated     | Tx  | PENDING | WAIT`;
    expect(played(story)).toEqual(story);
  });

  test('while a session is under way only a terminal confirms it', () => {
    const story = table`
      at  | comes           | answer   | shown                             | now | outcome | next
      0   | Acc/Failed      | recorded | Acc 1 Failed                      | Acc | FAILED  | NONE
      1   | Tx/InProgress   | recorded | Acc 1 Failed, Tx 1 InProgress     | Tx  | PENDING | WAIT
      40  | Acc/Initiated   | late     | Acc 1 Failed, Tx 1 InProgress     | Tx  | PENDING | WAIT
      41  | Acc/InProgress  | late     | Acc 1 Failed, Tx 1 InProgress     | Tx  | PENDING | WAIT
      42  | Acc/Finished    | recorded | Acc 2 Finished, Tx 1 InProgress   | Acc | PENDING | WAIT
      43  | Tx/InProgress +1/2 | recorded | Acc 2 Finished, Tx 1 InProgress 1/2 | Tx | PENDING | WAIT`;
    expect(played(story)).toEqual(story);
  });
});

describe('a person who authenticates once more', () => {
  test('after AuthorizationFailed counts at once, without the quiet time', () => {
    const story = table`
      at  | comes                  | answer   | shown                                                       | now  | outcome             | next
      0   | Auth/Initiated         | recorded | Auth 1 Initiated                                            | Auth | PENDING             | WAIT
      1   | Auth/Finished          | recorded | Auth 1 Finished                                             | Auth | PENDING             | WAIT
      2   | Acc/Finished           | recorded | Auth 1 Finished, Acc 1 Finished                             | Acc  | PENDING             | WAIT
      3   | Tx/AuthorizationFailed | recorded | Auth 1 Finished, Acc 1 Finished, Tx 1 AuthorizationFailed   | Tx   | NEEDS_AUTHORIZATION | REAUTHENTICATE
      4   | Auth/Initiated         | late     | Auth 1 Finished, Acc 1 Finished, Tx 1 AuthorizationFailed   | Tx   | NEEDS_AUTHORIZATION | REAUTHENTICATE
      5   | Auth/InProgress        | recorded | Auth 2 InProgress                                           | Auth | PENDING             | WAIT
      6   | Auth/Finished          | recorded | Auth 2 Finished                                             | Auth | PENDING             | WAIT
      7   | Acc/Finished           | recorded | Auth 2 Finished, Acc 2 Finished                             | Acc  | PENDING             | WAIT
      8   | Tx/Finished            | recorded | Auth 2 Finished, Acc 2 Finished, Tx 2 Finished              | Tx   | SUCCEEDED           | NONE`;
    expect(played(story)).toEqual(story);
  });

  test('is confirmed by a terminal alone too', () => {
    const story = table`
      at  | comes                    | answer   | shown                                     | now  | outcome             | next
      0   | Auth/Initiated           | recorded | Auth 1 Initiated                          | Auth | PENDING             | WAIT
      1   | Auth/AuthorizationFailed | recorded | Auth 1 AuthorizationFailed                | Auth | NEEDS_AUTHORIZATION | REAUTHENTICATE
      2   | Auth/Initiated           | late     | Auth 1 AuthorizationFailed                | Auth | NEEDS_AUTHORIZATION | REAUTHENTICATE
      3   | Auth/Failed              | recorded | Auth 2 Failed                             | Auth | FAILED              | REAUTHENTICATE`;
    expect(played(story)).toEqual(story);
  });

  test('is not suspected by the first Authentication/Initiated, which was only late', () => {
    const story = table`
      at  | comes                  | answer   | shown                                       | now | outcome             | next
      0   | Auth/Finished          | recorded | Auth 1 Finished                             | Auth | PENDING            | WAIT
      1   | Acc/AuthorizationFailed | recorded | Auth 1 Finished, Acc 1 AuthorizationFailed | Acc | NEEDS_AUTHORIZATION | REAUTHENTICATE
      2   | Auth/Initiated         | late     | Auth 1 Finished, Acc 1 AuthorizationFailed  | Acc | NEEDS_AUTHORIZATION | REAUTHENTICATE
      3   | Auth/InProgress        | late     | Auth 1 Finished, Acc 1 AuthorizationFailed  | Acc | NEEDS_AUTHORIZATION | REAUTHENTICATE
      4   | Auth/Initiated         | late     | Auth 1 Finished, Acc 1 AuthorizationFailed  | Acc | NEEDS_AUTHORIZATION | REAUTHENTICATE
      5   | Auth/InProgress        | recorded | Auth 2 InProgress                           | Auth | PENDING            | WAIT`;
    expect(played(story)).toEqual(story);
  });

  test('the obsolete AuthenticationRequired asks for it as well, and is outrun by a terminal', () => {
    const story = table`
      at  | comes                       | answer   | shown                          | now  | outcome             | next
      0   | Auth/AuthenticationRequired | recorded | Auth 1 AuthenticationRequired  | Auth | NEEDS_AUTHORIZATION | REAUTHENTICATE
      1   | Auth/InProgress             | late     | Auth 1 AuthenticationRequired  | Auth | NEEDS_AUTHORIZATION | REAUTHENTICATE
      2   | Auth/Finished               | recorded | Auth 1 Finished                | Auth | PENDING             | WAIT`;
    expect(played(story)).toEqual(story);
  });
});

describe('two different terminals of one attempt', () => {
  test('are a conflict: the newest is shown, and neither is hidden', () => {
    const story = table`
      at | comes            | answer   | shown          | now | outcome   | next
      0  | Tx/Finished      | recorded | Tx 1 Finished  | Tx  | SUCCEEDED | NONE
      1  | Tx/Failed        | recorded | Tx 1 Failed!   | Tx  | FAILED    | NONE
      2  | Tx/Finished      | repeated | Tx 1 Failed!   | Tx  | FAILED    | NONE
      3  | Tx/Finished +2/2 | recorded | Tx 1 Finished! 2/2 | Tx | SUCCEEDED | NONE`;
    expect(played(story)).toEqual(story);
  });

  test('are none where a restart lies between them', () => {
    const story = table`
      at | comes            | answer   | shown          | now | outcome   | next
      0  | Tx/Failed        | recorded | Tx 1 Failed    | Tx  | FAILED    | NONE
      40 | Tx/Initiated     | late     | Tx 1 Failed    | Tx  | FAILED    | NONE
      41 | Tx/Finished      | recorded | Tx 2 Finished  | Tx  | SUCCEEDED | NONE`;
    expect(played(story)).toEqual(story);
  });
});
