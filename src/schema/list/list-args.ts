import type { ArgBuilder, InputRef } from '@pothos/core';
import type { Builder } from '../builder.ts';

export type Args = ArgBuilder<Builder['$inferSchemaTypes']>;

/** Says what a list or a subscription is restricted to. */
export const FILTER = 'Only what it admits; all that the viewer may see without it.';

/** The arguments of every list. `defaultOrder` is what the description says of it. */
export function listArgs<Filter, Order>(
  arg: Args,
  filter: InputRef<Filter>,
  orderBy: InputRef<Order>,
  defaultOrder: string,
) {
  return {
    filter: arg({ type: filter, description: FILTER }),
    orderBy: arg({ type: orderBy, description: `The order; without it ${defaultOrder}.` }),
    ...arg.connectionArgs(),
  };
}
