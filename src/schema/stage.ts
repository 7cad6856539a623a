import type { Builder } from './builder.ts';
import { stageGlobalId } from './global-id.ts';
import type { Vocabulary } from './vocabulary.ts';

export function defineStage(builder: Builder, { enums }: Vocabulary): void {
  builder.objectType('Stage', {
    interfaces: [builder.nodeInterfaceRef()],
    fields: (t) => ({
      id: t.id({
        description: 'Of session and stage name: the same through restarts.',
        resolve: ({ session, view }) => stageGlobalId(session.sessionId, view.name),
      }),
      name: t.field({ type: enums.StageName, resolve: ({ view }) => view.name }),
      status: t.field({
        type: enums.StageStatus,
        nullable: true,
        description: 'Null while unobserved.',
        resolve: ({ view }) => view.status,
      }),
      progress: t.field({
        type: 'Progress',
        nullable: true,
        description: 'Null when unknown, never invented.',
        resolve: ({ view }) => view.progress,
      }),
      attempt: t.int({
        description: '1 for the first run, 0 while unobserved.',
        resolve: ({ view }) => view.attempt,
      }),
      observed: t.boolean({ resolve: ({ view }) => view.observed }),
      restartSuspected: t.boolean({
        description:
          'A new run may have begun: an Initiated came after the end. Not shown as such until it is confirmed.',
        resolve: ({ view }) => view.restartSuspected,
      }),
      attempts: t.field({
        type: ['StageAttempt'],
        description: 'Every run that is or was shown, oldest first; a suspected one is not.',
        resolve: ({ view }) => view.attempts,
      }),
      expected: t.boolean({
        description: 'Whether this deployment awaits it (EXPECTED_STAGES). Draw `expected || observed`.',
        resolve: ({ view }, _, { expects }) => expects(view.name),
      }),
      conflict: t.boolean({ resolve: ({ view }) => view.conflict }),
      facts: t.field({
        type: ['StageFact'],
        description:
          'Every status reported, all attempts, oldest first: both terminals of a conflict stand here.',
        resolve: async ({ session, view }, _, { reads }) =>
          (await reads.facts(session.sessionId)).filter(({ stage }) => stage === view.name),
      }),
      version: t.int({
        description: "The session's version that last changed this stage; 0 while unobserved.",
        resolve: ({ view }) => view.version,
      }),
      startedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ view }) => view.startedAt }),
      finishedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ view }) => view.finishedAt }),
      updatedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ view }) => view.updatedAt }),
    }),
  });

  builder.objectType('StageAttempt', {
    fields: (t) => ({
      number: t.exposeInt('number'),
      status: t.field({ type: enums.StageStatus, nullable: true, resolve: ({ status }) => status }),
      conflict: t.exposeBoolean('conflict'),
      startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true }),
      finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
    }),
  });

  builder.objectType('StageFact', {
    fields: (t) => ({
      status: t.field({ type: enums.StageStatus, resolve: ({ status }) => status }),
      attempt: t.exposeInt('attempt'),
      receivedAt: t.expose('receivedAt', { type: 'DateTime' }),
      deliveries: t.exposeInt('deliveries'),
      position: t.string({ resolve: ({ position }) => String(position) }),
    }),
  });

  builder.objectType('Progress', {
    description: 'done is never above total.',
    fields: (t) => ({
      done: t.exposeInt('done'),
      total: t.exposeInt('total'),
      unit: t.field({
        type: enums.ProgressUnit,
        nullable: true,
        description: 'What is counted; null when the aggregator did not say.',
        resolve: ({ unit }) => unit,
      }),
      derived: t.exposeBoolean('derived', {
        description: 'True when Callboard counted, false when the aggregator reported it.',
      }),
    }),
  });
}
