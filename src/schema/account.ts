import type { Session } from '../domain/session.ts';
import { isOfThisRun } from '../domain/stage-view.ts';
import { mayRead, type Viewer } from '../domain/viewer.ts';
import type { Builder } from './builder.ts';
import { accountGlobalId } from './global-id.ts';
import { maskNumber } from './mask-number.ts';

/** Owners read their own numbers, others need the scope (DESIGN §8). An operator is not the owner by being one. */
function readsNumber(viewer: Viewer, session: Session): boolean {
  return viewer.readsAccounts || mayRead({ ...viewer, isOperator: false }, session);
}

export function defineAccount(builder: Builder): void {
  builder.objectType('Account', {
    interfaces: [builder.nodeInterfaceRef()],
    fields: (t) => ({
      id: t.id({
        description: 'Never made from the account number.',
        resolve: ({ session, ordinal }) => accountGlobalId(session.sessionId, ordinal),
      }),
      maskedNumber: t.string({
        description: 'Safe to show and to log, e.g. BE••45.',
        resolve: ({ account }) => maskNumber(account.accountNumber),
      }),
      accountNumber: t.string({
        nullable: true,
        description: 'Null where the viewer may not read it whole.',
        resolve: ({ session, account }, _, { viewer }) =>
          readsNumber(viewer, session) ? account.accountNumber : null,
      }),
      current: t.boolean({
        description: 'False for an account of an earlier run that the newest run has not reported.',
        resolve: ({ session, account }) => isOfThisRun(session, account.reportedIn),
      }),
      accountType: t.string({ nullable: true, resolve: ({ account }) => account.accountType }),
      accountRelation: t.field({
        type: ['JSON'],
        // Its values are of unknown type, and the aggregator may send a null among them, which a [JSON!] cannot hold.
        resolve: ({ account }) => account.accountRelation.filter((relation) => relation !== null),
      }),
      manualAccountRelation: t.string({
        nullable: true,
        resolve: ({ account }) => account.manualAccountRelation,
      }),
      session: t.field({ type: 'Session', resolve: ({ session }) => session }),
    }),
  });
}
