import type { Builder } from './builder.ts';
import { factFields } from './fact-fields.ts';
import { stageGlobalId } from './global-id.ts';
import { OF_STATE } from './of-state.ts';
import type { Vocabulary } from './vocabulary.ts';

export function defineStage(builder: Builder, { enums }: Vocabulary): void {
  builder.objectType('Stage', {
    interfaces: [builder.nodeInterfaceRef()],
    description: 'One stage of a session, reported or not. Draw it where `expected || observed`.',
    fields: (t) => ({
      id: t.id({
        ...OF_STATE,
        description: 'Of session and stage name: the same through restarts.',
        resolve: ({ sessionId, name }) => stageGlobalId(sessionId, name),
      }),
      name: t.expose('name', { ...OF_STATE, type: enums.StageName, description: 'Which stage it is.' }),
      status: t.expose('status', {
        ...OF_STATE,
        type: enums.StageStatus,
        nullable: true,
        description: 'Null while unobserved.',
      }),
      progress: t.expose('progress', {
        ...OF_STATE,
        type: 'Progress',
        nullable: true,
        description:
          'Null when unknown, never invented. A FINISHED stage shows what its end reported, else what can be counted, never what was reported on the way.',
      }),
      attempt: t.exposeInt('attempt', {
        ...OF_STATE,
        description: '1 for the first run, 0 while unobserved.',
      }),
      observed: t.exposeBoolean('observed', {
        ...OF_STATE,
        description:
          'Whether any callback of the run that is shown reported it. False again when an earlier stage was restarted after a bad end.',
      }),
      restartSuspected: t.exposeBoolean('restartSuspected', {
        ...OF_STATE,
        description:
          'A new run may have begun: an Initiated came after the end. Not shown as such until it is confirmed. What is shown may soon be out of date: a screen may say that something is starting again.',
      }),
      attempts: t.expose('attempts', {
        type: ['StageAttempt'],
        description: 'Every run that is or was shown, oldest first; a suspected one is not.',
      }),
      expected: t.boolean({
        description: 'Whether this deployment awaits it (EXPECTED_STAGES). Draw `expected || observed`.',
        resolve: ({ name }, _, { expects }) => expects(name),
      }),
      conflict: t.exposeBoolean('conflict', {
        ...OF_STATE,
        description:
          'Whether two different ends of the run that is shown were reported; the newest is shown.',
      }),
      facts: t.field({
        type: ['StageFact'],
        description:
          'Every status reported, all attempts, oldest first: both terminals of a conflict stand here.',
        resolve: async ({ sessionId, name }, _, context) =>
          (await context.reads.facts.ofSession(sessionId, context)).filter(({ stage }) => stage === name),
      }),
      version: t.exposeInt('version', {
        ...OF_STATE,
        description: "The session's version that last changed this stage; 0 while unobserved.",
      }),
      startedAt: t.expose('startedAt', {
        ...OF_STATE,
        type: 'DateTime',
        nullable: true,
        description: 'When the first callback of the run that is shown was received; null while unobserved.',
      }),
      finishedAt: t.expose('finishedAt', {
        ...OF_STATE,
        type: 'DateTime',
        nullable: true,
        description: 'When the end that is shown was received; null before it.',
      }),
      updatedAt: t.expose('updatedAt', {
        ...OF_STATE,
        type: 'DateTime',
        nullable: true,
        description: 'When it changed last; null while unobserved.',
      }),
    }),
  });

  builder.objectType('StageAttempt', {
    description: 'One run of a stage. A stage runs again when it is restarted.',
    fields: (t) => ({
      number: t.exposeInt('number', {
        ...OF_STATE,
        description: 'From 1; `Stage.attempt` is the number of the run that is shown.',
      }),
      status: t.expose('status', {
        ...OF_STATE,
        type: enums.StageStatus,
        nullable: true,
        description: 'Where this run stands, or stood when another took its place.',
      }),
      conflict: t.exposeBoolean('conflict', {
        ...OF_STATE,
        description: 'Whether two different ends of this run were reported.',
      }),
      startedAt: t.expose('startedAt', {
        ...OF_STATE,
        type: 'DateTime',
        nullable: true,
        description: 'When its first callback was received.',
      }),
      finishedAt: t.expose('finishedAt', {
        ...OF_STATE,
        type: 'DateTime',
        nullable: true,
        description: 'When its shown end was received; null while it has none.',
      }),
    }),
  });

  builder.objectType('StageFact', {
    description: 'One status that was reported in one run of a stage, by one callback or several.',
    fields: (t) => ({
      status: t.expose('status', {
        ...OF_STATE,
        type: enums.StageStatus,
        description: 'The status that was reported.',
      }),
      attempt: t.exposeInt('attempt', { ...OF_STATE, description: 'The run it belongs to.' }),
      ...factFields(t),
    }),
  });

  builder.objectType('Progress', {
    description: 'done is never above total.',
    fields: (t) => ({
      done: t.exposeInt('done', { ...OF_STATE, description: 'How many are done.' }),
      total: t.exposeInt('total', { ...OF_STATE, description: 'How many there are.' }),
      unit: t.expose('unit', {
        ...OF_STATE,
        type: enums.ProgressUnit,
        nullable: true,
        description: 'What is counted; null when the aggregator did not say.',
      }),
      derived: t.exposeBoolean('derived', {
        ...OF_STATE,
        description: 'True when Callboard counted, false when the aggregator reported it.',
      }),
    }),
  });
}
