import type { SecondaryIdentifier } from '../domain/journal/callback.ts';
import type { Builder } from './builder.ts';
import type { Context } from './context.ts';
import { bankGlobalId, GLOBAL_ID } from './global-id.ts';

/** Types of identifier whose value is a BIC: the first is the sessions', the second the payments'. */
const BIC_TYPES: readonly string[] = ['1', 'swiftBicCode'];

async function identifiers(bankId: string, context: Context): Promise<readonly SecondaryIdentifier[]> {
  return (await context.reads.banks.find(bankId, context))?.secondaryIdentifiers ?? [];
}

export function defineBank(builder: Builder): void {
  builder.objectType('Bank', {
    interfaces: [builder.nodeInterfaceRef()],
    description: 'A bank as callbacks named it.',
    fields: (t) => ({
      id: t.id({ description: GLOBAL_ID, resolve: ({ bankId }) => bankGlobalId(bankId) }),
      bankId: t.exposeID('bankId', { description: "The aggregator's id, always text." }),
      bic: t.string({
        nullable: true,
        description: 'Its BIC: the first identifier of that type; null when none was reported.',
        resolve: async ({ bankId }, _, context) =>
          (await identifiers(bankId, context)).find(({ type }) => BIC_TYPES.includes(type))?.value ?? null,
      }),
      secondaryIdentifiers: t.field({
        type: ['SecondaryIdentifier'],
        description: 'Every other identifier that was reported, in the order first seen; at most 100.',
        resolve: ({ bankId }, _, context) => identifiers(bankId, context),
      }),
    }),
  });

  builder.objectType('SecondaryIdentifier', {
    description: "One identifier of a bank or a person beside the aggregator's own.",
    fields: (t) => ({
      type: t.exposeString('type', {
        description: 'What kind of identifier it is, as reported, e.g. 1 or swiftBicCode.',
      }),
      value: t.exposeString('value', { description: 'The identifier, as reported.' }),
    }),
  });
}
