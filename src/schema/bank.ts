import type { SecondaryIdentifier } from '../domain/journal/callback.ts';
import { badInput } from '../errors.ts';
import type { Builder } from './builder.ts';
import type { Context } from './context.ts';
import { bankGlobalId, GLOBAL_ID } from './global-id.ts';
import { bankConnection } from './list/connection.ts';
import { OF_STATE } from './of-state.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Types of identifier whose value is a BIC: the first is the sessions', the second the payments'. */
const BIC_TYPES: readonly string[] = ['1', 'swiftBicCode'];

async function identifiers(bankId: string, context: Context): Promise<readonly SecondaryIdentifier[]> {
  return (await context.reads.banks.find(bankId, context))?.secondaryIdentifiers ?? [];
}

/** One week: a count costs what its window holds. */
const MAX_MINUTES = 10_080;

export function defineBank(builder: Builder): void {
  builder.objectType('Bank', {
    interfaces: [builder.nodeInterfaceRef()],
    description: 'A bank as callbacks named it.',
    fields: (t) => ({
      id: t.id({ ...OF_STATE, description: GLOBAL_ID, resolve: ({ bankId }) => bankGlobalId(bankId) }),
      bankId: t.exposeID('bankId', { ...OF_STATE, description: "The aggregator's id, always text." }),
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
      health: t.field({
        type: 'BankHealth',
        nullable: true,
        description: 'Sessions touched in the last `minutes`; null for who is not an operator.',
        args: {
          minutes: t.arg.int({
            required: true,
            defaultValue: 60,
            description: `How far back, from 1 to ${MAX_MINUTES} (a week).`,
          }),
        },
        resolve: ({ bankId }, { minutes }, context) => {
          if (minutes < 1 || minutes > MAX_MINUTES) {
            throw badInput(`minutes: give a number from 1 to ${MAX_MINUTES}.`);
          }
          return context.reads.bankHealth({ bankId, minutes }, context);
        },
      }),
    }),
  });

  builder.objectType('BankHealth', {
    description:
      "How a bank's sessions fare: counts of those touched since a moment. The five outcomes add up to `sessions`.",
    fields: (t) => ({
      since: t.expose('since', { type: 'DateTime', description: 'From when on sessions count.' }),
      sessions: t.exposeInt('sessions', { description: 'All of them.' }),
      succeeded: t.exposeInt('succeeded', { description: 'Those that are SUCCEEDED.' }),
      partiallySucceeded: t.exposeInt('partiallySucceeded', {
        description: 'Those that are PARTIALLY_SUCCEEDED.',
      }),
      failed: t.exposeInt('failed', { description: 'Those that are FAILED.' }),
      needsAuthorization: t.exposeInt('needsAuthorization', {
        description: 'Those that are NEEDS_AUTHORIZATION.',
      }),
      pending: t.exposeInt('pending', { description: 'Those that are PENDING, stalled ones too.' }),
      stalled: t.exposeInt('stalled', { description: 'Those that are stalled.' }),
      lastSucceededAt: t.expose('lastSucceededAt', {
        type: 'DateTime',
        nullable: true,
        description:
          'When the last callback of one that is SUCCEEDED was received; null where none of them is.',
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

export function defineBankQuery(builder: Builder, { inputs, connections }: Vocabulary): void {
  builder.queryField('banks', (t) =>
    t.field({
      type: connections.BankConnection,
      description:
        'Banks seen so far. Empty for who is not an operator. 20 a page unless `first` or `last` says otherwise, by their id unless `orderBy` does.',
      args: {
        orderBy: t.arg({ type: inputs.BankOrder, description: 'The order; without it BANK_ID ASC.' }),
        ...t.arg.connectionArgs(),
      },
      resolve: (_, args, context) => bankConnection(args, context.reads, context),
    }),
  );
}
