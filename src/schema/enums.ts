import type { Builder } from './builder.ts';
import {
  CALLBACK_KIND_MEANINGS,
  CALLBACK_OUTCOME_MEANINGS,
  NEXT_ACTION_MEANINGS,
  PAYMENT_CHANGE_KIND_MEANINGS,
  PAYMENT_STATUS_MEANINGS,
  PROGRESS_UNIT_MEANINGS,
  SESSION_CHANGE_KIND_MEANINGS,
  SESSION_OUTCOME_MEANINGS,
  STAGE_NAME_MEANINGS,
  STAGE_STATUS_MEANINGS,
} from './meanings.ts';

/** The graph's enums, made of the domain's closed sets; each says what to do with a member added later. */
export function defineEnums(builder: Builder) {
  const CREATED_OR_UPDATED = {
    CREATED_AT: { description: 'When the first callback was received.' },
    UPDATED_AT: { description: 'When the last callback was received.' },
  } as const;
  return {
    StageName: builder.enumType('StageName', {
      description: 'In the order of the road. Unknown to you: draw it by its name.',
      values: STAGE_NAME_MEANINGS,
    }),
    StageStatus: builder.enumType('StageStatus', {
      description: 'Unknown to you: treat as IN_PROGRESS.',
      values: STAGE_STATUS_MEANINGS,
    }),
    SessionOutcome: builder.enumType('SessionOutcome', {
      description:
        'Unknown to you: treat as PENDING. No outcome is final: a stage that runs again reopens the session.',
      values: SESSION_OUTCOME_MEANINGS,
    }),
    NextAction: builder.enumType('NextAction', {
      description: 'Unknown to you: treat as NONE.',
      values: NEXT_ACTION_MEANINGS,
    }),
    ProgressUnit: builder.enumType('ProgressUnit', {
      description: 'What progress counts. Unknown to you: show the numbers alone.',
      values: PROGRESS_UNIT_MEANINGS,
    }),
    PaymentStatus: builder.enumType('PaymentStatus', {
      description: 'Unknown to you: go by isFinal.',
      values: PAYMENT_STATUS_MEANINGS,
    }),
    SessionChangeKind: builder.enumType('SessionChangeKind', {
      description: 'Unknown to you: treat as STATUS.',
      values: SESSION_CHANGE_KIND_MEANINGS,
    }),
    PaymentChangeKind: builder.enumType('PaymentChangeKind', {
      description: 'Why a message of paymentStatusChanged was sent. Unknown to you: treat as STATUS.',
      values: PAYMENT_CHANGE_KIND_MEANINGS,
    }),
    CallbackKind: builder.enumType('CallbackKind', {
      description: 'What a callback reports.',
      values: CALLBACK_KIND_MEANINGS,
    }),
    CallbackOutcome: builder.enumType('CallbackOutcome', {
      description: 'A repeat is RECORDED or LATE with deliveries above 1.',
      values: CALLBACK_OUTCOME_MEANINGS,
    }),
    OrderDirection: builder.enumType('OrderDirection', {
      description: 'Which end of a list comes first.',
      values: {
        ASC: { description: 'The oldest first.' },
        DESC: { description: 'The newest first.' },
      },
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
  };
}

export type Enums = ReturnType<typeof defineEnums>;
