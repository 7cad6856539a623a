import { splitCursors } from '../domain/cursor.ts';
import type { Builder } from './builder.ts';
import type { Vocabulary } from './vocabulary.ts';

export function defineCallbackRecorded(builder: Builder, { inputs }: Vocabulary): void {
  builder.objectType('CallbackChange', {
    description: 'One message of callbackRecorded.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description:
          "Opaque; good on every instance and for every subscription of this store. Also in the result's extensions.cursor and the SSE id.",
      }),
      recovered: t.exposeBoolean('recovered', {
        description:
          'False only where the cursor could not be honoured, or where the store was put back: callbacks may be missing in between, read the list again.',
      }),
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
      args: {
        filter: t.arg({
          type: inputs.CallbackFilter,
          description: 'Only what it admits; all that the viewer may see without it.',
        }),
        after: t.arg.string({
          description:
            'The newest cursor held; null or empty means none. Also taken from extensions.after and Last-Event-ID: the furthest counts.',
        }),
      },
      subscribe: (_, { after, ...args }, { live, viewer, cursors }) =>
        live.callbackRecorded({ ...args, viewer, cursors: [...splitCursors(after), ...cursors] }),
      resolve: (message) => message,
    }),
  );
}
