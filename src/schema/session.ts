import { STAGE_NAMES } from '../domain/words.ts';
import type { Builder } from './builder.ts';
import { readCallbackPage, toCallbackConnection } from './callback-list.ts';
import { sessionGlobalId } from './global-id.ts';
import { stageNode } from './stage-node.ts';
import type { Vocabulary } from './vocabulary.ts';

export function defineSession(builder: Builder, { enums, inputs, connections }: Vocabulary): void {
  builder.objectType('Session', {
    interfaces: [builder.nodeInterfaceRef()],
    fields: (t) => ({
      id: t.id({
        description: 'Global and opaque, as every `id`.',
        resolve: ({ sessionId }) => sessionGlobalId(sessionId),
      }),
      sessionId: t.exposeID('sessionId'),
      externalId: t.exposeID('externalId', { nullable: true }),
      userId: t.exposeID('userId'),
      bank: t.field({ type: 'Bank', resolve: (session) => session }),
      isSca: t.exposeBoolean('isSca', { nullable: true }),
      stage: t.field({
        type: 'Stage',
        description:
          'The current stage: the furthest observed since the last confirmed restart of an earlier one.',
        resolve: (session) => stageNode(session, session.stage),
      }),
      stages: t.field({
        type: ['Stage'],
        description: 'All stages in the order of StageName, unobserved ones too.',
        resolve: (session) => STAGE_NAMES.map((name) => stageNode(session, name)),
      }),
      outcome: t.field({ type: enums.SessionOutcome, resolve: ({ outcome }) => outcome }),
      nextAction: t.field({ type: enums.NextAction, resolve: ({ nextAction }) => nextAction }),
      conflict: t.exposeBoolean('conflict', {
        description: 'Whether any stage has two different terminals.',
      }),
      failedStage: t.field({
        type: 'Stage',
        nullable: true,
        description:
          'The stage that decides a FAILED, PARTIALLY_SUCCEEDED or NEEDS_AUTHORIZATION outcome; else null.',
        resolve: (session) => (session.failedStage === null ? null : stageNode(session, session.failedStage)),
      }),
      lastHeardAt: t.expose('heardAt', {
        type: 'DateTime',
        description: 'When anything about it arrived last, repeats excepted.',
      }),
      accounts: t.field({
        type: ['Account'],
        description: 'In the order first seen; only ever appended to.',
        resolve: (session) => session.accounts.map((account, ordinal) => ({ session, account, ordinal })),
      }),
      transactionPages: t.field({
        type: ['TransactionPage'],
        resolve: ({ transactionPages }) => transactionPages,
      }),
      callbacks: t.field({
        type: connections.CallbackConnection,
        description: 'Empty for who is not an operator.',
        args: {
          filter: t.arg({ type: inputs.CallbackFilter }),
          orderBy: t.arg({ type: inputs.CallbackOrder }),
          ...t.arg.connectionArgs(),
        },
        resolve: async ({ sessionId }, args, { reads, viewer }) => {
          const page = readCallbackPage(args);
          return toCallbackConnection(page, await reads.sessionCallbacks(sessionId, page, viewer));
        },
      }),
      version: t.exposeInt('version', {
        description: 'Rises with every change of this session; a cache keeps the higher.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    }),
  });
}
