import type { Builder } from '../builder.ts';
import type { Enums } from '../enums.ts';

/** The graph's filters and orders. */
export function defineInputs(builder: Builder, enums: Enums) {
  const DateTimeRange = builder.inputType('DateTimeRange', {
    description: 'From inclusive, before exclusive.',
    fields: (t) => ({
      from: t.field({ type: 'DateTime', description: 'Not earlier than this.' }),
      before: t.field({ type: 'DateTime', description: 'Earlier than this.' }),
    }),
  });
  const SessionFilter = builder.inputType('SessionFilter', {
    description: "Fields join by and, a list's values by or; an empty list admits nothing; null is absent.",
    fields: (t) => ({
      userId: t.id({ description: 'The person it belongs to.' }),
      bankId: t.id({ description: "The bank, by the aggregator's id." }),
      externalId: t.id({ description: 'Your own id of it.' }),
      stage: t.field({ type: [enums.StageName], description: 'The current stage.' }),
      status: t.field({ type: [enums.StageStatus], description: 'Its status.' }),
      outcome: t.field({ type: [enums.SessionOutcome], description: 'The session as a whole.' }),
      nextAction: t.field({ type: [enums.NextAction], description: 'What the person does next.' }),
      failedStage: t.field({
        type: [enums.StageName],
        description: 'The stage that decides its end: where a session that did not succeed went wrong.',
      }),
      conflict: t.boolean({ description: 'Whether it has two different ends in any stage.' }),
      createdAt: t.field({ type: DateTimeRange, description: 'When its first callback was received.' }),
      updatedAt: t.field({ type: DateTimeRange, description: 'When its last callback was received.' }),
    }),
  });
  const PaymentFilter = builder.inputType('PaymentFilter', {
    description:
      "As SessionFilter: fields join by and, a list's values by or; an empty list admits nothing; null is absent.",
    fields: (t) => ({
      userExternalId: t.id({ description: 'The person who pays, by your own id.' }),
      bankId: t.id({ description: "The bank, by the aggregator's id." }),
      externalId: t.id({ description: 'Your own id of it.' }),
      status: t.field({ type: [enums.PaymentStatus], description: 'Where it stands.' }),
      isFinal: t.boolean({ description: 'Whether it has ended.' }),
      conflict: t.boolean({ description: 'Whether two different ends were reported.' }),
      createdAt: t.field({ type: DateTimeRange, description: 'When its first callback was received.' }),
      updatedAt: t.field({ type: DateTimeRange, description: 'When its last callback was received.' }),
    }),
  });
  const CallbackFilter = builder.inputType('CallbackFilter', {
    description:
      "As SessionFilter: fields join by and, a list's values by or; an empty list admits nothing; null is absent.",
    fields: (t) => ({
      outcome: t.field({ type: [enums.CallbackOutcome], description: 'What became of it.' }),
      kind: t.field({ type: [enums.CallbackKind], description: 'What it reports.' }),
      sessionId: t.id({
        description: "The session that it names, by the aggregator's id; quarantined ones claim it.",
      }),
      paymentId: t.id({
        description: "The payment that it names, by the aggregator's id; quarantined ones claim it.",
      }),
      bankId: t.id({ description: "The bank that it names, by the aggregator's id." }),
      repeated: t.boolean({ description: 'Delivered more than once.' }),
      receivedAt: t.field({ type: DateTimeRange, description: 'When it was received first.' }),
    }),
  });
  const SessionOrder = builder.inputType('SessionOrder', {
    description:
      'The order of a list of sessions; without it CREATED_AT DESC. Ties go by id, in the same direction.',
    fields: (t) => ({
      field: t.field({
        type: enums.SessionOrderField,
        required: true,
        description: 'What they are ordered by.',
      }),
      direction: t.field({
        type: enums.OrderDirection,
        required: true,
        defaultValue: 'DESC',
        description: 'Which comes first; DESC unless given.',
      }),
    }),
  });
  const PaymentOrder = builder.inputType('PaymentOrder', {
    description:
      'The order of a list of payments; without it CREATED_AT DESC. Ties go by id, in the same direction.',
    fields: (t) => ({
      field: t.field({
        type: enums.PaymentOrderField,
        required: true,
        description: 'What they are ordered by.',
      }),
      direction: t.field({
        type: enums.OrderDirection,
        required: true,
        defaultValue: 'DESC',
        description: 'Which comes first; DESC unless given.',
      }),
    }),
  });
  const CallbackOrder = builder.inputType('CallbackOrder', {
    description: 'The order of a list of callbacks; without it POSITION DESC.',
    fields: (t) => ({
      field: t.field({
        type: enums.CallbackOrderField,
        required: true,
        description: 'What they are ordered by.',
      }),
      direction: t.field({
        type: enums.OrderDirection,
        required: true,
        defaultValue: 'DESC',
        description: 'Which comes first; DESC unless given.',
      }),
    }),
  });
  return { SessionFilter, PaymentFilter, CallbackFilter, SessionOrder, PaymentOrder, CallbackOrder };
}

export type Inputs = ReturnType<typeof defineInputs>;
