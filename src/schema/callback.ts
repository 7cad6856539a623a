import type { JournalRow } from '../domain/journal.ts';
import type { Builder } from './builder.ts';
import { readCallbackPage, toCallbackConnection } from './callback-list.ts';
import { callbackGlobalId } from './global-id.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What a quarantined callback names is a claim that `reported` shows; only what was applied has a subject. */
const appliedTo = ({ outcome }: JournalRow, id: string | null): string | null =>
  outcome === 'QUARANTINED' ? null : id;

export function defineCallback(builder: Builder, { enums, inputs, connections }: Vocabulary): void {
  builder.objectType('Callback', {
    interfaces: [builder.nodeInterfaceRef()],
    fields: (t) => ({
      id: t.id({ resolve: ({ position }) => callbackGlobalId(position) }),
      position: t.string({ resolve: ({ position }) => String(position) }),
      receivedAt: t.expose('receivedAt', { type: 'DateTime' }),
      lastDeliveredAt: t.expose('lastDeliveredAt', { type: 'DateTime' }),
      deliveries: t.exposeInt('deliveries'),
      replayedAt: t.expose('replayedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When a replay applied what was quarantined.',
      }),
      kind: t.field({
        type: enums.CallbackKind,
        nullable: true,
        description: 'Null when the shape is unknown.',
        resolve: ({ kind }) => kind,
      }),
      outcome: t.field({ type: enums.CallbackOutcome, resolve: ({ outcome }) => outcome }),
      reason: t.exposeString('reason', { nullable: true }),
      path: t.exposeString('path', { nullable: true, description: 'JSON Pointer to the offending field.' }),
      faults: t.field({
        type: ['CallbackFault'],
        description: 'What in it could not be read and was left out, the rest being applied.',
        resolve: ({ faults, body }, _, { readFindings }) => faults ?? readFindings(body).faults,
      }),
      unknownFields: t.field({
        type: ['String'],
        description: 'Names of fields that this version does not know, as JSON Pointers.',
        resolve: ({ unknownFields, body }, _, { readFindings }) =>
          unknownFields ?? readFindings(body).unknownFields,
      }),
      reported: t.field({
        type: 'ReportedSubject',
        description: "What the body claims, unjudged: finds a quarantined callback's session.",
        resolve: ({ body }, _, { readReported }) => readReported(body),
      }),
      changed: t.field({
        type: ['String'],
        description: 'Field paths it changed, e.g. stages.ACCOUNTS.status; empty when none.',
        resolve: ({ changed }) => changed,
      }),
      version: t.exposeInt('version', {
        nullable: true,
        description: "The session's or payment's version it made; null when it changed nothing.",
      }),
      body: t.string({
        nullable: true,
        description: 'As received; null without the scope that reads account numbers.',
        // What is not UTF-8 is replaced: the bytes themselves stay in the journal.
        resolve: ({ body }, _, { viewer }) =>
          viewer.readsAccounts ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(body) : null,
      }),
      session: t.field({
        type: 'Session',
        nullable: true,
        resolve: (row, _, { reads, viewer }) => {
          const sessionId = appliedTo(row, row.sessionId);
          return sessionId === null ? null : reads.session(sessionId, viewer);
        },
      }),
      payment: t.field({
        type: 'Payment',
        nullable: true,
        resolve: (row, _, { reads, viewer }) => {
          const paymentId = appliedTo(row, row.paymentId);
          return paymentId === null ? null : reads.payment(paymentId, viewer);
        },
      }),
    }),
  });

  builder.objectType('CallbackFault', {
    fields: (t) => ({
      path: t.exposeString('path', { description: 'JSON Pointer.' }),
      reason: t.exposeString('reason'),
    }),
  });

  builder.objectType('ReportedSubject', {
    fields: (t) => ({
      userId: t.exposeID('userId', { nullable: true }),
      sessionId: t.exposeID('sessionId', { nullable: true }),
      sessionExternalId: t.exposeID('sessionExternalId', { nullable: true }),
      paymentId: t.exposeID('paymentId', { nullable: true }),
      paymentExternalId: t.exposeID('paymentExternalId', { nullable: true }),
      bankId: t.exposeID('bankId', { nullable: true }),
      stage: t.exposeString('stage', { nullable: true }),
      status: t.exposeString('status', { nullable: true }),
    }),
  });

  builder.queryField('callbacks', (t) =>
    t.field({
      type: connections.CallbackConnection,
      description: 'The journal. Empty for who is not an operator.',
      args: {
        filter: t.arg({ type: inputs.CallbackFilter }),
        orderBy: t.arg({ type: inputs.CallbackOrder }),
        ...t.arg.connectionArgs(),
      },
      resolve: async (_, args, { reads, viewer }) => {
        const page = readCallbackPage(args);
        return toCallbackConnection(page, await reads.callbacks(page, viewer));
      },
    }),
  );
}
