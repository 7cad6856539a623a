import { splitCursors } from '../domain/cursor.ts';
import type { Builder } from './builder.ts';
import { stageNode } from './stage-node.ts';
import type { Vocabulary } from './vocabulary.ts';

export function defineSessionStatusChanged(builder: Builder, { enums, inputs }: Vocabulary): void {
  builder.objectType('SessionStatusChange', {
    description: 'One message of sessionStatusChanged.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description:
          "Opaque; good on every instance and for every subscription of this store. Also in the result's extensions.cursor and the SSE id.",
      }),
      kind: t.field({
        type: enums.SessionChangeKind,
        description:
          'Why it was sent; of several conflated into one, the newest. For logs: never decide by it what to read.',
        resolve: ({ kind }) => kind,
      }),
      recovered: t.exposeBoolean('recovered', {
        description:
          'False only in a SNAPSHOT sent because the cursor could not be honoured, or because the store was put back or recomputed (also mid-stream): forget what you hold, versions may be lower, read your lists again and go on.',
      }),
      matches: t.exposeBoolean('matches', {
        description: 'False when the session no longer meets `filter`: take it off the list.',
      }),
      session: t.field({
        type: 'Session',
        nullable: true,
        description:
          "The newest state when sent. Null only in a SNAPSHOT: it does not exist yet, is not the viewer's, or more than one was asked for.",
        resolve: ({ session }) => session,
      }),
      stage: t.field({
        type: 'Stage',
        nullable: true,
        description:
          'The stage that changed; with SNAPSHOT and STALLED the current one. Null when `session` is.',
        resolve: ({ session, stage }) =>
          session === null || stage === null ? null : stageNode(session, stage),
      }),
      changedAt: t.expose('changedAt', {
        type: 'DateTime',
        description: 'When the callback that made the change was received; with SNAPSHOT the last one.',
      }),
    }),
  });

  builder.subscriptionField('sessionStatusChanged', (t) =>
    t.field({
      type: 'SessionStatusChange',
      description:
        'The newest state, whenever it changed: of one session (sessionId or externalId, at most one), or of all that `filter` admits, or of all the viewer may see. `after`: newest cursor held; null or empty means none.',
      args: {
        sessionId: t.arg.id({ description: "One session, by the aggregator's id." }),
        externalId: t.arg.id({
          description: 'One session, by your own id: a newer one that bears it is followed.',
        }),
        filter: t.arg({
          type: inputs.SessionFilter,
          description: 'Only what it admits; all that the viewer may see without it.',
        }),
        after: t.arg.string({
          description:
            'The newest cursor held; null or empty means none. Also taken from extensions.after and Last-Event-ID: the furthest counts.',
        }),
      },
      subscribe: (_, { after, ...args }, { live, viewer, cursors }) =>
        live.sessionStatusChanged({ ...args, viewer, cursors: [...splitCursors(after), ...cursors] }),
      resolve: (message) => message,
    }),
  );
}
