import { STAGE_NAMES } from '../domain/words.ts';
import type { Builder } from './builder.ts';
import { sessionGlobalId } from './global-id.ts';
import { readCallbackPage, toCallbackConnection } from './list/callback-list.ts';
import { stageNode } from './stage-node.ts';
import type { Vocabulary } from './vocabulary.ts';

export function defineSession(builder: Builder, { enums, inputs, connections }: Vocabulary): void {
  builder.objectType('Session', {
    interfaces: [builder.nodeInterfaceRef()],
    description: 'One connection of a person to a bank, as its callbacks reported it.',
    fields: (t) => ({
      id: t.id({
        description: 'Global and opaque, as every `id`.',
        resolve: ({ sessionId }) => sessionGlobalId(sessionId),
      }),
      sessionId: t.exposeID('sessionId', { description: "The aggregator's id of the session." }),
      externalId: t.exposeID('externalId', {
        nullable: true,
        description:
          'Your own id of it, as it was given to the aggregator; null where none was. Several sessions may share one.',
      }),
      userId: t.exposeID('userId', {
        description: 'The person it belongs to, as recorded first. Only they and operators see it.',
      }),
      bank: t.field({
        type: 'Bank',
        description: 'The bank it is a connection to.',
        resolve: (session) => session,
      }),
      isSca: t.exposeBoolean('isSca', {
        nullable: true,
        description: 'Whether the bank wants strong customer authentication; null when nothing said so.',
      }),
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
      outcome: t.field({
        type: enums.SessionOutcome,
        description:
          'The session as a whole. Anything but PENDING means that nothing more is awaited: a screen may go on.',
        resolve: ({ outcome }) => outcome,
      }),
      nextAction: t.field({
        type: enums.NextAction,
        description: "What the person does next; a screen's button follows from it.",
        resolve: ({ nextAction }) => nextAction,
      }),
      conflict: t.exposeBoolean('conflict', {
        description: 'Whether any stage has two different terminals.',
      }),
      failedStage: t.field({
        type: 'Stage',
        nullable: true,
        description:
          'The stage that decides a FAILED, PARTIALLY_SUCCEEDED or NEEDS_AUTHORIZATION outcome; else null. Show it, not `stage`, beside such an outcome.',
        resolve: (session) => (session.failedStage === null ? null : stageNode(session, session.failedStage)),
      }),
      lastHeardAt: t.expose('heardAt', {
        type: 'DateTime',
        description: 'When anything about it arrived last, repeats excepted.',
      }),
      accounts: t.field({
        type: ['Account'],
        description:
          'In the order first seen; only ever appended to. At most 1,000, those of earlier runs too: see `Account.current`.',
        resolve: (session) => session.accounts.map((account, ordinal) => ({ session, account, ordinal })),
      }),
      transactionPages: t.field({
        type: ['TransactionPage'],
        description:
          "The first page of each account's transactions, by account and status of the transactions. At most 5,000.",
        resolve: ({ transactionPages }) => transactionPages,
      }),
      callbacks: t.field({
        type: connections.CallbackConnection,
        description:
          'Empty for who is not an operator. What names this session in the journal, quarantined callbacks too; the newest first unless `orderBy` says otherwise.',
        args: {
          filter: t.arg({
            type: inputs.CallbackFilter,
            description: 'Only what it admits; all that the viewer may see without it.',
          }),
          orderBy: t.arg({ type: inputs.CallbackOrder, description: 'The order; without it POSITION DESC.' }),
          ...t.arg.connectionArgs(),
        },
        resolve: async ({ sessionId }, args, { reads, viewer }) => {
          const page = readCallbackPage(args);
          return toCallbackConnection(page, await reads.sessionCallbacks(sessionId, page, viewer));
        },
      }),
      version: t.exposeInt('version', {
        description:
          "Rises with every change of this session; a cache keeps the higher. It rises with each new callback, even where only a stage's `facts` changed.",
      }),
      createdAt: t.expose('createdAt', {
        type: 'DateTime',
        description: 'When its first callback was received.',
      }),
      updatedAt: t.expose('updatedAt', {
        type: 'DateTime',
        description: 'When the last callback that is applied to it was received, repeats excepted.',
      }),
    }),
  });
}
