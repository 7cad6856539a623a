import { isStalled, stallsAt } from '../domain/session/silence.ts';
import { stageView } from '../domain/session/stage-view.ts';
import { SESSION } from '../domain/session/subject.ts';
import { STAGE_NAMES } from '../domain/words.ts';
import type { Builder } from './builder.ts';
import { exactlyOne } from './exactly-one.ts';
import { GLOBAL_ID, sessionGlobalId } from './global-id.ts';
import { callbackConnection, createStateConnections } from './list/connection.ts';
import { listArgs } from './list/list-args.ts';
import { OF_STATE, STATE } from './of-state.ts';
import { messageFields, stateTimes } from './state-fields.ts';
import { KIND, subscribeArgs, subscriptionArgs } from './subscription-parts.ts';
import type { Vocabulary } from './vocabulary.ts';

export function defineSession(builder: Builder, { enums, inputs, connections }: Vocabulary): void {
  builder.objectType('Session', {
    ...STATE,
    interfaces: [builder.nodeInterfaceRef()],
    description: 'One connection of a person to a bank, as its callbacks reported it.',
    fields: (t) => ({
      id: t.id({
        ...OF_STATE,
        description: GLOBAL_ID,
        resolve: ({ sessionId }) => sessionGlobalId(sessionId),
      }),
      sessionId: t.exposeID('sessionId', { ...OF_STATE, description: "The aggregator's id of the session." }),
      externalId: t.exposeID('externalId', {
        ...OF_STATE,
        nullable: true,
        description:
          'Your own id of it, as it was given to the aggregator; null where none was. Several sessions may share one.',
      }),
      userId: t.exposeID('userId', {
        ...OF_STATE,
        description: 'The person it belongs to, as recorded first. Only they and operators see it.',
      }),
      bank: t.field({
        ...OF_STATE,
        type: 'Bank',
        description: 'The bank it is a connection to.',
        resolve: (session) => session,
      }),
      isSca: t.exposeBoolean('isSca', {
        ...OF_STATE,
        nullable: true,
        description: 'Whether the bank wants strong customer authentication; null when nothing said so.',
      }),
      stage: t.field({
        ...OF_STATE,
        type: 'Stage',
        description:
          'The current stage: the furthest observed since the last confirmed restart of an earlier one.',
        resolve: (session) => stageView(session, session.stage),
      }),
      stages: t.field({
        ...OF_STATE,
        type: ['Stage'],
        description: 'All stages in the order of StageName, unobserved ones too.',
        resolve: (session) => STAGE_NAMES.map((name) => stageView(session, name)),
      }),
      outcome: t.expose('outcome', {
        ...OF_STATE,
        type: enums.SessionOutcome,
        description:
          'The session as a whole. Anything but PENDING means that nothing more is awaited: a screen may go on.',
      }),
      nextAction: t.expose('nextAction', {
        ...OF_STATE,
        type: enums.NextAction,
        description: "What the person does next; a screen's button follows from it.",
      }),
      conflict: t.exposeBoolean('conflict', {
        ...OF_STATE,
        description: 'Whether any stage has two different terminals.',
      }),
      failedStage: t.field({
        ...OF_STATE,
        type: 'Stage',
        nullable: true,
        description:
          'The stage that decides a FAILED, PARTIALLY_SUCCEEDED or NEEDS_AUTHORIZATION outcome; else null. Show it, not `stage`, beside such an outcome.',
        resolve: (session) => (session.failedStage === null ? null : stageView(session, session.failedStage)),
      }),
      lastHeardAt: t.expose('lastFactAt', {
        ...OF_STATE,
        type: 'DateTime',
        description: 'When anything about it arrived last, repeats excepted.',
      }),
      stalled: t.boolean({
        description:
          'Whether more is awaited and nothing new came for STALLED_AFTER_MS. It changes with the clock, not with `version`; a repeated callback does not clear it.',
        resolve: (session, _, { silence }) => isStalled(session, silence),
      }),
      stalledSince: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it was last heard of; null unless stalled.',
        resolve: (session, _, { silence }) => (isStalled(session, silence) ? session.lastFactAt : null),
      }),
      stallsAt: t.field({
        type: 'DateTime',
        nullable: true,
        description:
          'When it will count as stalled if nothing more is heard; null when nothing is awaited. Past once it has stalled.',
        resolve: (session, _, { silence }) => stallsAt(session, silence),
      }),
      accounts: t.field({
        type: ['Account'],
        description:
          'In the order first seen; only ever appended to. At most 1,000, those of earlier runs too: see `Account.current`.',
        resolve: (session) => session.accounts.map((account, ordinal) => ({ session, account, ordinal })),
      }),
      transactionPages: t.expose('transactionPages', {
        type: ['TransactionPage'],
        description:
          "The first page of each account's transactions, by account and status of the transactions. At most 5,000.",
      }),
      callbacks: t.field({
        type: connections.CallbackConnection,
        description:
          'Empty for who is not an operator. What names this session in the journal, quarantined callbacks too; the newest first unless `orderBy` says otherwise.',
        args: listArgs(t.arg, inputs.CallbackFilter, inputs.CallbackOrder, 'POSITION DESC'),
        resolve: ({ sessionId }, args, context) =>
          callbackConnection(args, (page) => context.reads.sessionCallbacks(sessionId, page, context)),
      }),
      version: t.exposeInt('version', {
        ...OF_STATE,
        description:
          "Rises with every change of this session; a cache keeps the higher. It rises with each new callback, even where only a stage's `facts` changed.",
      }),
      ...stateTimes(t),
    }),
  });
}

export function defineSessionQueries(builder: Builder, { inputs, connections }: Vocabulary): void {
  const connectionOf = createStateConnections(SESSION);
  builder.queryFields((t) => ({
    session: t.field({
      type: 'Session',
      nullable: true,
      description:
        "Exactly one argument. An externalId may be shared: then the session created last. Null when absent or not the viewer's.",
      args: {
        sessionId: t.arg.id({ description: "The aggregator's id." }),
        externalId: t.arg.id({ description: 'Your own id.' }),
      },
      resolve: (_, { sessionId, externalId }, context) =>
        context.reads.sessions.find(exactlyOne('sessionId', sessionId, externalId), context),
    }),
    sessions: t.field({
      type: connections.SessionConnection,
      description:
        'Sessions that the viewer may see, 20 a page unless `first` or `last` says otherwise, the newest first.',
      args: listArgs(t.arg, inputs.SessionFilter, inputs.SessionOrder, 'CREATED_AT DESC'),
      resolve: (_, args, context) => connectionOf(context.reads.sessions, args, context),
    }),
  }));
}

export function defineSessionStatusChanged(builder: Builder, { enums, inputs }: Vocabulary): void {
  builder.objectType('SessionStatusChange', {
    description: 'One message of sessionStatusChanged.',
    fields: (t) => {
      const { cursor, recovered, matches, changedAt } = messageFields(t, {
        subject: 'session',
        recovered:
          'False only in a SNAPSHOT sent because the cursor could not be honoured, or because the store was put back or recomputed (also mid-stream): forget what you hold, versions may be lower, read your lists again and go on.',
      });
      return {
        cursor,
        kind: t.expose('kind', { type: enums.SessionChangeKind, description: KIND }),
        recovered,
        matches,
        session: t.expose('state', {
          type: 'Session',
          nullable: true,
          description:
            "The newest state when sent. Null only in a SNAPSHOT: it does not exist yet, is not the viewer's, or more than one was asked for.",
        }),
        stage: t.field({
          type: 'Stage',
          nullable: true,
          description:
            'The stage that changed; with SNAPSHOT and STALLED the current one. Null when `session` is.',
          resolve: ({ state, stage }) => state && stageView(state, stage ?? state.stage),
        }),
        changedAt,
      };
    },
  });

  builder.subscriptionField('sessionStatusChanged', (t) =>
    t.field({
      ...OF_STATE,
      type: 'SessionStatusChange',
      description:
        'The newest state, whenever it changed: of one session (sessionId or externalId, at most one), or of all that `filter` admits, or of all the viewer may see. `after`: newest cursor held; null or empty means none.',
      args: {
        sessionId: t.arg.id({ description: "One session, by the aggregator's id." }),
        externalId: t.arg.id({
          description: 'One session, by your own id: a newer one that bears it is followed.',
        }),
        ...subscriptionArgs(t.arg, inputs.SessionFilter),
      },
      subscribe: (_, args, context) => context.live.sessionStatusChanged(subscribeArgs(args, context)),
      resolve: (message) => message,
    }),
  );
}
