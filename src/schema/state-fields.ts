import type { ObjectFieldBuilder } from '@pothos/core';
import type { Instant } from '../domain/session/session.ts';
import type { StateMessage } from '../live/sources/state-message.ts';
import type { Builder } from './builder.ts';
import { OF_STATE } from './of-state.ts';
import { CHANGED_AT, CURSOR } from './subscription-parts.ts';

type Fields<Parent> = ObjectFieldBuilder<Builder['$inferSchemaTypes'], Parent>;

interface Dated {
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** When a session or a payment began and changed last. */
export function stateTimes<State extends Dated>(t: Fields<State>) {
  return {
    createdAt: t.field({
      ...OF_STATE,
      type: 'DateTime',
      description: 'When its first callback was received.',
      resolve: ({ createdAt }) => createdAt,
    }),
    updatedAt: t.field({
      ...OF_STATE,
      type: 'DateTime',
      description: 'When the last callback that is applied to it was received, repeats excepted.',
      resolve: ({ updatedAt }) => updatedAt,
    }),
  };
}

/** What every message about a state has, besides the state and why it was sent. */
export function messageFields<State>(
  t: Fields<StateMessage<State>>,
  { subject, recovered }: { readonly subject: string; readonly recovered: string },
) {
  return {
    cursor: t.string({ description: CURSOR, resolve: ({ cursor }) => cursor }),
    recovered: t.boolean({ description: recovered, resolve: (message) => message.recovered }),
    matches: t.boolean({
      description: `False when the ${subject} no longer meets \`filter\`: take it off the list.`,
      resolve: ({ matches }) => matches,
    }),
    changedAt: t.field({
      type: 'DateTime',
      description: CHANGED_AT,
      resolve: ({ changedAt }) => changedAt,
    }),
  };
}
