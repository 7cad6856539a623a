import {
  CALLBACK_KINDS,
  CALLBACK_OUTCOMES,
  NEXT_ACTIONS,
  PAYMENT_CHANGE_KINDS,
  PAYMENT_STATUSES,
  PROGRESS_UNITS,
  SESSION_CHANGE_KINDS,
  SESSION_OUTCOMES,
  STAGE_NAMES,
  type StageStatus,
} from '../domain/words.ts';
import type { Builder } from './builder.ts';

const STAGE_STATUS_VALUES = {
  INITIATED: {},
  IN_PROGRESS: {},
  FINISHED: {},
  FAILED: {},
  AUTHORIZATION_FAILED: {},
  AUTHENTICATION_REQUIRED: { description: 'Obsolete at the aggregator: treat as AUTHORIZATION_FAILED.' },
} as const satisfies Record<StageStatus, { description?: string }>;

/** The graph's enums, made of the domain's closed sets; each says what to do with a member added later. */
export function defineEnums(builder: Builder) {
  return {
    StageName: builder.enumType('StageName', {
      description: 'In the order of the road. Unknown to you: draw it by its name.',
      values: STAGE_NAMES,
    }),
    StageStatus: builder.enumType('StageStatus', {
      description: 'Unknown to you: treat as IN_PROGRESS.',
      values: STAGE_STATUS_VALUES,
    }),
    SessionOutcome: builder.enumType('SessionOutcome', {
      description: 'Unknown to you: treat as PENDING.',
      values: SESSION_OUTCOMES,
    }),
    NextAction: builder.enumType('NextAction', {
      description: 'Unknown to you: treat as NONE.',
      values: NEXT_ACTIONS,
    }),
    ProgressUnit: builder.enumType('ProgressUnit', { values: PROGRESS_UNITS }),
    PaymentStatus: builder.enumType('PaymentStatus', {
      description: 'Unknown to you: go by isFinal.',
      values: PAYMENT_STATUSES,
    }),
    SessionChangeKind: builder.enumType('SessionChangeKind', {
      description: 'Unknown to you: treat as STATUS.',
      values: SESSION_CHANGE_KINDS,
    }),
    PaymentChangeKind: builder.enumType('PaymentChangeKind', { values: PAYMENT_CHANGE_KINDS }),
    CallbackKind: builder.enumType('CallbackKind', { values: CALLBACK_KINDS }),
    CallbackOutcome: builder.enumType('CallbackOutcome', {
      description: 'A repeat is RECORDED or LATE with deliveries above 1.',
      values: CALLBACK_OUTCOMES,
    }),
    OrderDirection: builder.enumType('OrderDirection', { values: ['ASC', 'DESC'] as const }),
    SessionOrderField: builder.enumType('SessionOrderField', {
      values: ['CREATED_AT', 'UPDATED_AT'] as const,
    }),
    PaymentOrderField: builder.enumType('PaymentOrderField', {
      values: ['CREATED_AT', 'UPDATED_AT'] as const,
    }),
    CallbackOrderField: builder.enumType('CallbackOrderField', { values: ['POSITION'] as const }),
  };
}

export type Enums = ReturnType<typeof defineEnums>;
