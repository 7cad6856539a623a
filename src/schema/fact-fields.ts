import type { ObjectFieldBuilder } from '@pothos/core';
import type { StageFact } from '../db/read/fact-reads.ts';
import type { Builder } from './builder.ts';

/** What every fact has: a status that was reported of a stage or a payment, by one callback or several. */
export function factFields<Fact extends Pick<StageFact, 'receivedAt' | 'deliveries' | 'position'>>(
  t: ObjectFieldBuilder<Builder['$inferSchemaTypes'], Fact>,
) {
  return {
    receivedAt: t.field({
      type: 'DateTime',
      description: 'When the first callback that reported it was received.',
      resolve: ({ receivedAt }) => receivedAt,
    }),
    deliveries: t.int({
      description: 'How often it was delivered, all callbacks that reported it together.',
      resolve: ({ deliveries }) => deliveries,
    }),
    position: t.string({
      description: 'Place in the journal of the first callback that reported it.',
      resolve: ({ position }) => String(position),
    }),
  };
}
