import type { Builder } from './builder.ts';
import type { Vocabulary } from './vocabulary.ts';

export function defineCallbackRecorded(builder: Builder, { inputs }: Vocabulary): void {
  builder.objectType('CallbackChange', {
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      recovered: t.exposeBoolean('recovered'),
      callback: t.field({
        type: 'Callback',
        nullable: true,
        description: 'Null only in the opening message, or where `recovered` is false.',
        resolve: ({ callback }) => callback,
      }),
    }),
  });

  builder.subscriptionField('callbackRecorded', (t) =>
    t.field({
      type: 'CallbackChange',
      description:
        'Every callback new to the journal, in order, without a gap, quarantined ones too; operators only.',
      args: { filter: t.arg({ type: inputs.CallbackFilter }), after: t.arg.string() },
      subscribe: (_, args, { live, viewer, after }) =>
        live.callbackRecorded({ ...args, viewer, besides: after }),
      resolve: (message) => message,
    }),
  );
}
