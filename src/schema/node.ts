import { brandWithType } from '@pothos/core';
import { badInput, unreachable } from '../errors.ts';
import { accountNode } from './account-node.ts';
import type { Builder } from './builder.ts';
import type { Context } from './context.ts';
import { decodeGlobalId, type NodeKey } from './global-id.ts';
import { stageNode } from './stage-node.ts';

const MOST = 100;

/** `node` and `nodes`: absent, not the viewer's and malformed are one answer, null. */
export function defineNodeQueries(builder: Builder): void {
  const Node = builder.nodeInterfaceRef();
  builder.queryFields((t) => ({
    node: t.field({
      type: Node,
      nullable: true,
      description: "Anything again, by its global id; null where absent or not the viewer's.",
      args: { id: t.arg.id({ required: true, description: 'As it stood in an earlier answer.' }) },
      resolve: (_, { id }, context) => findNode(id, context),
    }),
    nodes: t.field({
      type: [Node],
      nullable: { list: false, items: true },
      description: "In the order of `ids` (at most 100), null where absent or not the viewer's.",
      args: {
        ids: t.arg.idList({ required: true, description: 'As they stood in earlier answers; at most 100.' }),
      },
      resolve: (_, { ids }, context) => {
        if (ids.length > MOST) throw badInput(`ids: give at most ${MOST}.`);
        return Promise.all(ids.map((id) => findNode(id, context)));
      },
    }),
  }));
}

async function findNode(id: string, context: Context): Promise<object | null> {
  const key = decodeGlobalId(id);
  if (key === null) return null;
  const node = await readNode(key, context);
  // The interface's type is told by this mark, which is no property anybody sees.
  if (node !== null) brandWithType<Builder['$inferSchemaTypes']>(node, key.type);
  return node;
}

async function readNode(key: NodeKey, { reads, viewer }: Context): Promise<object | null> {
  switch (key.type) {
    case 'Session':
      return reads.session(key.sessionId, viewer);
    case 'Stage': {
      const session = await reads.session(key.sessionId, viewer);
      return session && stageNode(session, key.name);
    }
    case 'Account': {
      const session = await reads.session(key.sessionId, viewer);
      return session && accountNode(session, key.ordinal);
    }
    case 'Payment':
      return reads.payment(key.paymentId, viewer);
    case 'Bank':
      return (await reads.isBankOf(key.bankId, viewer)) ? reads.bank(key.bankId) : null;
    case 'Callback':
      return reads.callback(key.position, viewer);
    default:
      return unreachable(key);
  }
}
