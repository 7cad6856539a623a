import type { BankOrderField } from '../db/read/bank-list.ts';
import type { Builder } from './builder.ts';
import { ENUM_MEANINGS } from './enum-meanings.ts';

/** The graph's enums: the domain's closed sets, and what lists are ordered by. */
export function defineEnums(builder: Builder) {
  const CREATED_OR_UPDATED = {
    CREATED_AT: { description: 'When the first callback was received.' },
    UPDATED_AT: { description: 'When the last callback was received.' },
  } as const;
  return {
    StageName: builder.enumType('StageName', ENUM_MEANINGS.StageName),
    StageStatus: builder.enumType('StageStatus', ENUM_MEANINGS.StageStatus),
    SessionOutcome: builder.enumType('SessionOutcome', ENUM_MEANINGS.SessionOutcome),
    NextAction: builder.enumType('NextAction', ENUM_MEANINGS.NextAction),
    ProgressUnit: builder.enumType('ProgressUnit', ENUM_MEANINGS.ProgressUnit),
    PaymentStatus: builder.enumType('PaymentStatus', ENUM_MEANINGS.PaymentStatus),
    SessionChangeKind: builder.enumType('SessionChangeKind', ENUM_MEANINGS.SessionChangeKind),
    PaymentChangeKind: builder.enumType('PaymentChangeKind', ENUM_MEANINGS.PaymentChangeKind),
    CallbackKind: builder.enumType('CallbackKind', ENUM_MEANINGS.CallbackKind),
    CallbackOutcome: builder.enumType('CallbackOutcome', ENUM_MEANINGS.CallbackOutcome),
    OrderDirection: builder.enumType('OrderDirection', {
      description: 'Which end of a list comes first.',
      values: { ASC: { description: 'The oldest first.' }, DESC: { description: 'The newest first.' } },
    }),
    SessionOrderField: builder.enumType('SessionOrderField', {
      description: 'What sessions are ordered by.',
      values: CREATED_OR_UPDATED,
    }),
    PaymentOrderField: builder.enumType('PaymentOrderField', {
      description: 'What payments are ordered by.',
      values: CREATED_OR_UPDATED,
    }),
    CallbackOrderField: builder.enumType('CallbackOrderField', {
      description: 'What callbacks are ordered by.',
      values: {
        POSITION: { description: 'Their place in the journal, the order in which they were recorded.' },
      },
    }),
    BankOrderField: builder.enumType('BankOrderField', {
      description: 'What banks are ordered by.',
      values: {
        BANK_ID: { description: "The aggregator's id, as text." },
        FAILED: { description: 'How many sessions FAILED, of those touched in the last 60 minutes.' },
        STALLED: { description: 'How many sessions are stalled, of those touched in the last 60 minutes.' },
      } satisfies Record<BankOrderField, { readonly description: string }>,
    }),
  };
}

export type Enums = ReturnType<typeof defineEnums>;
