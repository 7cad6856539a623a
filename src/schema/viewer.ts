import type { Builder } from './builder.ts';

export function defineViewer(builder: Builder): void {
  builder.objectType('Viewer', {
    description: 'Who asks, and what they may see.',
    fields: (t) => ({
      userId: t.exposeID('userId', {
        nullable: true,
        description: "The token's user; null in explore mode without `Callboard-As`.",
      }),
      isOperator: t.exposeBoolean('isOperator', {
        description: 'Whether they see every session and payment, and the journal.',
      }),
      tokenExpiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        nullable: true,
        description:
          'When the token ends, and with it every connection opened with it; null without a token.',
      }),
    }),
  });

  builder.queryField('viewer', (t) =>
    t.field({
      type: 'Viewer',
      description: 'Who asks, as this gateway understood the token.',
      resolve: (_, __, { viewer }) => viewer,
    }),
  );
}
