import type { Reader } from '../db/read/reader.ts';
import type { StateReads } from '../db/read/state-reads.ts';
import type { JournalRow } from '../domain/journal/row.ts';
import { mayReadBodies } from '../domain/viewer.ts';
import type { Builder } from './builder.ts';
import { callbackGlobalId, GLOBAL_ID } from './global-id.ts';
import { callbackConnection } from './list/connection.ts';
import { listArgs } from './list/list-args.ts';
import { OF_STATE } from './of-state.ts';
import { CURSOR, subscribeArgs, subscriptionArgs } from './subscription-parts.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What a callback was applied to. What a quarantined one names is a claim, which `reported` shows. */
function appliedTo<S, F>(
  reads: StateReads<S, F>,
  { outcome }: JournalRow,
  id: string | null,
  reader: Reader,
) {
  return outcome === 'QUARANTINED' || id === null ? null : reads.find({ id }, reader);
}

/** Something that a body claims, where it has it. */
const claim = (description: string) => ({ nullable: true, description }) as const;

export function defineCallback(builder: Builder, { enums }: Vocabulary): void {
  builder.objectType('Callback', {
    interfaces: [builder.nodeInterfaceRef()],
    description: 'One row of the journal: one distinct callback, and what became of it. For operators.',
    fields: (t) => ({
      id: t.id({ description: GLOBAL_ID, resolve: ({ position }) => callbackGlobalId(position) }),
      position: t.string({
        description: 'Its place in the journal, a whole number from 1 without gaps, as text.',
        resolve: ({ position }) => String(position),
      }),
      receivedAt: t.expose('receivedAt', {
        type: 'DateTime',
        description: 'When it was received first. A replay keeps it.',
      }),
      lastDeliveredAt: t.expose('lastDeliveredAt', {
        type: 'DateTime',
        description: 'When it was delivered last.',
      }),
      deliveries: t.exposeInt('deliveries', {
        description: 'How often it was delivered; above 1 it was repeated.',
      }),
      replayedAt: t.expose('replayedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When a replay applied what was quarantined.',
      }),
      kind: t.expose('kind', {
        type: enums.CallbackKind,
        nullable: true,
        description: 'Null when the shape is unknown.',
      }),
      outcome: t.expose('outcome', { type: enums.CallbackOutcome, description: 'What became of it.' }),
      reason: t.exposeString('reason', {
        nullable: true,
        description: 'Why it was quarantined; null where it was applied.',
      }),
      path: t.exposeString('path', {
        nullable: true,
        description:
          'JSON Pointer to the offending field. Null where it was applied, or where the whole body is at fault.',
      }),
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
      changed: t.expose('changed', {
        type: ['String'],
        description: 'Field paths it changed, e.g. stages.ACCOUNTS.status; empty when none.',
      }),
      version: t.exposeInt('version', {
        nullable: true,
        description:
          "The session's or payment's version it made; null when it changed nothing. Each applied callback makes one, also where it adds no more than a fact; of those that 0.1 recorded, only what changed something did.",
      }),
      body: t.string({
        nullable: true,
        description: 'As received; null without the scope that reads account numbers.',
        // What is not UTF-8 is replaced: the bytes themselves stay in the journal.
        resolve: ({ body }, _, { viewer }) =>
          mayReadBodies(viewer) ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(body) : null,
      }),
      bodyBase64: t.string({
        nullable: true,
        description: 'The bytes as received, in base64; null where `body` is.',
        resolve: ({ body }, _, { viewer }) =>
          mayReadBodies(viewer) ? Buffer.from(body).toString('base64') : null,
      }),
      session: t.field({
        type: 'Session',
        nullable: true,
        description: "The session that it was applied to; null of a payment's, and while it is quarantined.",
        resolve: (row, _, context) => appliedTo(context.reads.sessions, row, row.sessionId, context),
      }),
      payment: t.field({
        type: 'Payment',
        nullable: true,
        description: "The payment that it was applied to; null of a session's, and while it is quarantined.",
        resolve: (row, _, context) => appliedTo(context.reads.payments, row, row.paymentId, context),
      }),
    }),
  });

  builder.objectType('CallbackFault', {
    description: 'One part of a callback that could not be read and was left out.',
    fields: (t) => ({
      path: t.exposeString('path', { description: 'JSON Pointer. It names the part that was left out.' }),
      reason: t.exposeString('reason', { description: 'What is wrong with it, without its value.' }),
    }),
  });

  builder.objectType('ReportedSubject', {
    description:
      'What a body claims to be about, as written and unjudged; each field is null where the body has none that can be read.',
    fields: (t) => ({
      userId: t.exposeID('userId', claim('The person.')),
      sessionId: t.exposeID('sessionId', claim("The session, by the aggregator's id.")),
      sessionExternalId: t.exposeID('sessionExternalId', claim('The session, by your own id.')),
      paymentId: t.exposeID('paymentId', claim("The payment, by the aggregator's id.")),
      paymentExternalId: t.exposeID('paymentExternalId', claim('The payment, by your own id.')),
      bankId: t.exposeID('bankId', claim("The bank, by the aggregator's id.")),
      stage: t.exposeString('stage', claim("The stage, in the aggregator's words.")),
      status: t.exposeString('status', claim("The status, in the aggregator's words.")),
    }),
  });
}

export function defineCallbackQuery(builder: Builder, { inputs, connections }: Vocabulary): void {
  builder.queryField('callbacks', (t) =>
    t.field({
      type: connections.CallbackConnection,
      description:
        'The journal. Empty for who is not an operator. 20 a page unless `first` or `last` says otherwise, the newest first.',
      args: listArgs(t.arg, inputs.CallbackFilter, inputs.CallbackOrder, 'POSITION DESC'),
      resolve: (_, args, context) =>
        callbackConnection(args, (page) => context.reads.journal.list(page, context)),
    }),
  );
}

export function defineCallbackRecorded(builder: Builder, { inputs }: Vocabulary): void {
  builder.objectType('CallbackChange', {
    description: 'One message of callbackRecorded.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: CURSOR }),
      recovered: t.exposeBoolean('recovered', {
        description:
          'False only where the cursor could not be honoured, or where the store was put back: callbacks may be missing in between, read the list again.',
      }),
      callback: t.expose('callback', {
        type: 'Callback',
        nullable: true,
        description: 'Null only in the opening message, or where `recovered` is false.',
      }),
    }),
  });

  builder.subscriptionField('callbackRecorded', (t) =>
    t.field({
      ...OF_STATE,
      type: 'CallbackChange',
      description:
        'Every callback new to the journal, in order, without a gap, quarantined ones too; operators only.',
      args: subscriptionArgs(t.arg, inputs.CallbackFilter),
      subscribe: (_, args, context) => context.live.callbackRecorded(subscribeArgs(args, context)),
      resolve: (message) => message,
    }),
  );
}
