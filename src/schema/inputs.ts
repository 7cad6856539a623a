import type { Builder } from './builder.ts';
import type { Enums } from './enums.ts';

/** The graph's filters and orders. */
export function defineInputs(builder: Builder, enums: Enums) {
  const DateTimeRange = builder.inputType('DateTimeRange', {
    description: 'From inclusive, before exclusive.',
    fields: (t) => ({
      from: t.field({ type: 'DateTime' }),
      before: t.field({ type: 'DateTime' }),
    }),
  });
  const SessionFilter = builder.inputType('SessionFilter', {
    description: "Fields join by and, a list's values by or; an empty list admits nothing; null is absent.",
    fields: (t) => ({
      userId: t.id(),
      bankId: t.id(),
      externalId: t.id(),
      stage: t.field({ type: [enums.StageName], description: 'The current stage.' }),
      status: t.field({ type: [enums.StageStatus], description: 'Its status.' }),
      outcome: t.field({ type: [enums.SessionOutcome] }),
      nextAction: t.field({ type: [enums.NextAction] }),
      failedStage: t.field({ type: [enums.StageName] }),
      conflict: t.boolean(),
      createdAt: t.field({ type: DateTimeRange }),
      updatedAt: t.field({ type: DateTimeRange }),
    }),
  });
  const PaymentFilter = builder.inputType('PaymentFilter', {
    fields: (t) => ({
      userExternalId: t.id(),
      bankId: t.id(),
      externalId: t.id(),
      status: t.field({ type: [enums.PaymentStatus] }),
      isFinal: t.boolean(),
      conflict: t.boolean(),
      createdAt: t.field({ type: DateTimeRange }),
      updatedAt: t.field({ type: DateTimeRange }),
    }),
  });
  const CallbackFilter = builder.inputType('CallbackFilter', {
    fields: (t) => ({
      outcome: t.field({ type: [enums.CallbackOutcome] }),
      kind: t.field({ type: [enums.CallbackKind] }),
      sessionId: t.id(),
      paymentId: t.id(),
      bankId: t.id(),
      repeated: t.boolean({ description: 'Delivered more than once.' }),
      receivedAt: t.field({ type: DateTimeRange }),
    }),
  });
  const SessionOrder = builder.inputType('SessionOrder', {
    fields: (t) => ({
      field: t.field({ type: enums.SessionOrderField, required: true }),
      direction: t.field({ type: enums.OrderDirection, required: true, defaultValue: 'DESC' }),
    }),
  });
  const PaymentOrder = builder.inputType('PaymentOrder', {
    fields: (t) => ({
      field: t.field({ type: enums.PaymentOrderField, required: true }),
      direction: t.field({ type: enums.OrderDirection, required: true, defaultValue: 'DESC' }),
    }),
  });
  const CallbackOrder = builder.inputType('CallbackOrder', {
    fields: (t) => ({
      field: t.field({ type: enums.CallbackOrderField, required: true }),
      direction: t.field({ type: enums.OrderDirection, required: true, defaultValue: 'DESC' }),
    }),
  });
  return { SessionFilter, PaymentFilter, CallbackFilter, SessionOrder, PaymentOrder, CallbackOrder };
}

export type Inputs = ReturnType<typeof defineInputs>;
