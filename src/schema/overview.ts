import type { ObjectFieldBuilder } from '@pothos/core';
import type { Builder } from './builder.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The field `count` of every count. */
const counted = <Word>(
  t: ObjectFieldBuilder<Builder['$inferSchemaTypes'], { readonly word: Word; readonly count: number }>,
) => t.int({ description: 'How many; 0 where none has it.', resolve: ({ count }) => count });

export function defineOverview(builder: Builder, { enums }: Vocabulary): void {
  builder.objectType('Overview', {
    description: 'How things stand, in numbers. Each list has every value, in the order of its enum.',
    fields: (t) => ({
      since: t.expose('since', { type: 'DateTime', description: 'From when on it counts.' }),
      sessions: t.expose('sessions', {
        type: ['OutcomeCount'],
        description: 'Sessions by outcome, of those whose last callback was received since.',
      }),
      payments: t.expose('payments', {
        type: ['PaymentStatusCount'],
        description: 'Payments by status, of those whose last callback was received since.',
      }),
      callbacks: t.expose('callbacks', {
        type: ['CallbackOutcomeCount'],
        description: 'Callbacks by outcome, of those first received since.',
      }),
      stalled: t.exposeInt('stalled', { description: 'How many of these sessions are stalled.' }),
      conflicts: t.exposeInt('conflicts', {
        description: 'How many of these sessions and payments have two different ends.',
      }),
      quarantined: t.exposeInt('quarantined', {
        description: 'How many of these callbacks are quarantined and were not replayed.',
      }),
    }),
  });
  builder.objectType('OutcomeCount', {
    description: 'How many sessions have an outcome.',
    fields: (t) => ({
      outcome: t.field({
        type: enums.SessionOutcome,
        description: 'The outcome.',
        resolve: ({ word }) => word,
      }),
      count: counted(t),
    }),
  });
  builder.objectType('PaymentStatusCount', {
    description: 'How many payments have a status.',
    fields: (t) => ({
      status: t.field({ type: enums.PaymentStatus, description: 'The status.', resolve: ({ word }) => word }),
      count: counted(t),
    }),
  });
  builder.objectType('CallbackOutcomeCount', {
    description: 'How many callbacks have an outcome.',
    fields: (t) => ({
      outcome: t.field({
        type: enums.CallbackOutcome,
        description: 'The outcome.',
        resolve: ({ word }) => word,
      }),
      count: counted(t),
    }),
  });

  builder.queryField('overview', (t) =>
    t.field({
      type: 'Overview',
      nullable: true,
      description:
        'Counts over what was touched since `since` (default: 24 hours ago). Null for a viewer who is not an operator.',
      args: {
        since: t.arg({ type: 'DateTime', description: 'From when on it counts; 24 hours ago without it.' }),
      },
      resolve: (_, { since }, context) => context.reads.overview(since ?? null, context),
    }),
  );
}
