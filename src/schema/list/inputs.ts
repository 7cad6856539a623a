import type { EnumRef } from '@pothos/core';
import { CALLBACK_FILTER, type CallbackFilter } from '../../domain/journal/filter.ts';
import { PAYMENT_FILTER, type PaymentFilter } from '../../domain/payment/filter.ts';
import { SESSION_FILTER, type SessionFilter } from '../../domain/session/filter.ts';
import type { Builder } from '../builder.ts';
import type { Enums } from '../enums.ts';
import { filterInputFields } from './filter-input.ts';

const AS_SESSION_FILTER =
  "As SessionFilter: fields join by and, a list's values by or; an empty list admits nothing; null is absent.";

/** The graph's filters and orders. */
export function defineInputs(builder: Builder, enums: Enums) {
  builder.inputType('DateTimeRange', {
    description: 'From inclusive, before exclusive.',
    fields: (t) => ({
      from: t.field({ type: 'DateTime', description: 'Not earlier than this.' }),
      before: t.field({ type: 'DateTime', description: 'Earlier than this.' }),
    }),
  });
  const orderInput = <Field extends string>(
    name: string,
    description: string,
    field: EnumRef<Builder['$inferSchemaTypes'], Field>,
  ) =>
    builder.inputType(name, {
      description,
      fields: (t) => ({
        field: t.field({ type: field, required: true, description: 'What they are ordered by.' }),
        direction: t.field({
          type: enums.OrderDirection,
          required: true,
          defaultValue: 'DESC',
          description: 'Which comes first; DESC unless given.',
        }),
      }),
    });
  return {
    SessionFilter: builder.inputRef<SessionFilter>('SessionFilter').implement({
      description: "Fields join by and, a list's values by or; an empty list admits nothing; null is absent.",
      fields: (t) => filterInputFields(t, enums, SESSION_FILTER),
    }),
    PaymentFilter: builder.inputRef<PaymentFilter>('PaymentFilter').implement({
      description: AS_SESSION_FILTER,
      fields: (t) => filterInputFields(t, enums, PAYMENT_FILTER),
    }),
    CallbackFilter: builder.inputRef<CallbackFilter>('CallbackFilter').implement({
      description: AS_SESSION_FILTER,
      fields: (t) => filterInputFields(t, enums, CALLBACK_FILTER),
    }),
    SessionOrder: orderInput(
      'SessionOrder',
      'The order of a list of sessions; without it CREATED_AT DESC. Ties go by id, in the same direction.',
      enums.SessionOrderField,
    ),
    PaymentOrder: orderInput(
      'PaymentOrder',
      'The order of a list of payments; without it CREATED_AT DESC. Ties go by id, in the same direction.',
      enums.PaymentOrderField,
    ),
    CallbackOrder: orderInput(
      'CallbackOrder',
      'The order of a list of callbacks; without it POSITION DESC.',
      enums.CallbackOrderField,
    ),
    BankOrder: orderInput(
      'BankOrder',
      'The order of a list of banks; without it BANK_ID ASC. Ties go by id, in the same direction.',
      enums.BankOrderField,
    ),
  };
}
