import type { ListOrderField } from '../db/read/list-reads.ts';
import type { SessionFilter } from '../domain/filters.ts';
import type { Builder } from './builder.ts';
import { toConnection } from './list/connection.ts';
import { readPage } from './list/list-page.ts';
import { oneOf } from './one-of.ts';
import type { Vocabulary } from './vocabulary.ts';

export function defineSessionQueries(builder: Builder, { inputs, connections }: Vocabulary): void {
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
      resolve: (_, { sessionId, externalId }, { reads, viewer }) => {
        const [by, id] = oneOf(['sessionId', sessionId], ['externalId', externalId]);
        return by === 'sessionId' ? reads.session(id, viewer) : reads.sessionByExternalId(id, viewer);
      },
    }),
    sessions: t.field({
      type: connections.SessionConnection,
      description:
        'Sessions that the viewer may see, 20 a page unless `first` or `last` says otherwise, the newest first.',
      args: {
        filter: t.arg({
          type: inputs.SessionFilter,
          description: 'Only what it admits; all that the viewer may see without it.',
        }),
        orderBy: t.arg({ type: inputs.SessionOrder, description: 'The order; without it CREATED_AT DESC.' }),
        ...t.arg.connectionArgs(),
      },
      resolve: async (_, args, { reads, viewer }) => {
        const page = readPage<SessionFilter, ListOrderField>('sessions', 'CREATED_AT', args);
        return toConnection('sessions', page, await reads.sessions(page, viewer), (session, field) => ({
          at: field === 'CREATED_AT' ? session.createdAt : session.updatedAt,
          id: session.sessionId,
        }));
      },
    }),
  }));
}
