import { maskNumber } from '../domain/mask-number.ts';
import { isOfThisRun } from '../domain/session/stage-view.ts';
import { mayReadNumbersOf } from '../domain/viewer.ts';
import type { Builder } from './builder.ts';
import { accountGlobalId } from './global-id.ts';

export function defineAccount(builder: Builder): void {
  builder.objectType('Account', {
    interfaces: [builder.nodeInterfaceRef()],
    description:
      'One account that the bank reported for this session. The same number with another type is another account.',
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
          mayReadNumbersOf(viewer, session.userId) ? account.accountNumber : null,
      }),
      current: t.boolean({
        description:
          'False for an account of an earlier run that the newest run has not reported. Show it apart, or not at all.',
        resolve: ({ session, account }) => isOfThisRun(session, account.reportedIn),
      }),
      accountType: t.string({
        nullable: true,
        description: "Its kind in the bank's or the aggregator's own words; null when it was not reported.",
        resolve: ({ account }) => account.accountType,
      }),
      accountRelation: t.field({
        type: ['JSON'],
        description: 'What the person is to the account, as reported: of any form.', // Its values are of unknown type, and the aggregator may send a null among them, which a [JSON!] cannot hold.
        resolve: ({ account }) => account.accountRelation.filter((relation) => relation !== null),
      }),
      manualAccountRelation: t.string({
        nullable: true,
        description: 'The same as somebody entered it by hand; null when nobody did.',
        resolve: ({ account }) => account.manualAccountRelation,
      }),
      session: t.expose('session', { type: 'Session', description: 'The session that it was reported in.' }),
    }),
  });
}
