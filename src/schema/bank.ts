import type { SecondaryIdentifier } from '../domain/callback.ts';
import type { Builder } from './builder.ts';
import type { Context } from './context.ts';
import { bankGlobalId } from './global-id.ts';

/** Types of identifier whose value is a BIC: the first is the sessions', the second the payments'. */
const BIC_TYPES: readonly string[] = ['1', 'swiftBicCode'];

async function identifiers(bankId: string, { reads }: Context): Promise<readonly SecondaryIdentifier[]> {
  return (await reads.bank(bankId))?.secondaryIdentifiers ?? [];
}

export function defineBank(builder: Builder): void {
  builder.objectType('Bank', {
    interfaces: [builder.nodeInterfaceRef()],
    fields: (t) => ({
      id: t.id({ resolve: ({ bankId }) => bankGlobalId(bankId) }),
      bankId: t.exposeID('bankId', { description: "The aggregator's id, always text." }),
      bic: t.string({
        nullable: true,
        resolve: async ({ bankId }, _, context) =>
          (await identifiers(bankId, context)).find(({ type }) => BIC_TYPES.includes(type))?.value ?? null,
      }),
      secondaryIdentifiers: t.field({
        type: ['SecondaryIdentifier'],
        resolve: ({ bankId }, _, context) => identifiers(bankId, context),
      }),
    }),
  });

  builder.objectType('SecondaryIdentifier', {
    fields: (t) => ({
      type: t.exposeString('type'),
      value: t.exposeString('value'),
    }),
  });
}
