import { brandWithType } from '@pothos/core';
import { stageView } from '../domain/session/stage-view.ts';
import { badInput, unreachable } from '../errors.ts';
import { accountNode } from './account-node.ts';
import type { Builder } from './builder.ts';
import type { Context } from './context.ts';
import { decodeGlobalId, type NodeKey } from './global-id.ts';

const MAX_IDS = 100;

/** What the aggregator's own id is answered, and anything else that no answer ever held. */
const NO_GLOBAL_ID =
  "id: give an `id` of an earlier answer. The aggregator's own ids are for session(sessionId:) and payment(paymentId:).";

/** `node` and `nodes`: absent and not the viewer's are one answer, null. So is what is no global id among `ids`;
 * alone it is refused, because it is mostly the aggregator's own id. */
export function defineNodeQueries(builder: Builder): void {
  const Node = builder.nodeInterfaceRef();
  builder.queryFields((t) => ({
    node: t.field({
      type: Node,
      nullable: true,
      description: "Anything again, by its global id; null where absent or not the viewer's.",
      args: { id: t.arg.id({ required: true, description: 'As it stood in an earlier answer.' }) },
      resolve: (_, { id }, context) => {
        if (decodeGlobalId(id) === null) throw badInput(NO_GLOBAL_ID);
        return findNode(id, context);
      },
    }),
    nodes: t.field({
      type: [Node],
      nullable: { list: false, items: true },
      description: "In the order of `ids` (at most 100), null where absent or not the viewer's.",
      args: {
        ids: t.arg.idList({ required: true, description: 'As they stood in earlier answers; at most 100.' }),
      },
      resolve: (_, { ids }, context) => {
        if (ids.length > MAX_IDS) throw badInput(`ids: give at most ${MAX_IDS}.`);
        return Promise.all(ids.map((id) => findNode(id, context)));
      },
    }),
  }));
}

async function findNode(id: string, context: Context): Promise<object | null> {
  const key = decodeGlobalId(id);
  if (key === null) return null;
  const node = await readNode(key, context);
  // Pothos finds the type behind the interface by this mark, a symbol that no client sees.
  if (node !== null) brandWithType<Builder['$inferSchemaTypes']>(node, key.type);
  return node;
}

async function readNode(key: NodeKey, context: Context): Promise<object | null> {
  const { reads } = context;
  switch (key.type) {
    case 'Session':
      return reads.sessions.find({ id: key.sessionId }, context);
    case 'Stage': {
      const session = await reads.sessions.find({ id: key.sessionId }, context);
      return session && stageView(session, key.name);
    }
    case 'Account': {
      const session = await reads.sessions.find({ id: key.sessionId }, context);
      return session && accountNode(session, key.ordinal);
    }
    case 'Payment':
      return reads.payments.find({ id: key.paymentId }, context);
    case 'Bank':
      return (await reads.banks.isVisible(key.bankId, context))
        ? reads.banks.find(key.bankId, context)
        : null;
    case 'Callback':
      return reads.journal.row(key.position, context);
    default:
      return unreachable(key);
  }
}
