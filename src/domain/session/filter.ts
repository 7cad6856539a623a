import { type FilterOf, filterFields } from '../filter.ts';
import type { Session } from './session.ts';
import { isQuiet } from './silence.ts';

const { id, words, flag, time, stalled, search } = filterFields<Session>();

/** The filter of lists and subscriptions of sessions. A field's name is that of its column. */
export const SESSION_FILTER = {
  search: search('A prefix of the session or external id. Letter case counts.', (session) => [
    session.sessionId,
    session.externalId,
  ]),
  userId: id('The person it belongs to.', ({ userId }) => userId),
  bankId: id("The bank, by the aggregator's id.", ({ bankId }) => bankId),
  externalId: id('Your own id of it.', ({ externalId }) => externalId),
  stage: words('StageName', 'The current stage.', ({ stage }) => stage),
  status: words('StageStatus', 'Its status.', ({ status }) => status),
  outcome: words('SessionOutcome', 'The session as a whole.', ({ outcome }) => outcome),
  nextAction: words('NextAction', 'What the person does next.', ({ nextAction }) => nextAction),
  failedStage: words(
    'StageName',
    'The stage that decides its end: where a session that did not succeed went wrong.',
    ({ failedStage }) => failedStage,
  ),
  stalled: stalled('Whether nothing new came for STALLED_AFTER_MS though more is awaited.', isQuiet),
  conflict: flag('Whether it has two different ends in any stage.', ({ conflict }) => conflict),
  createdAt: time('When its first callback was received.', ({ createdAt }) => createdAt, { isLasting: true }),
  updatedAt: time('When its last callback was received.', ({ updatedAt }) => updatedAt),
};

export type SessionFilter = FilterOf<typeof SESSION_FILTER>;
