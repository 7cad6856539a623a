import type { Builder } from './builder.ts';

export function defineViewer(builder: Builder): void {
  builder.objectType('Viewer', {
    fields: (t) => ({
      userId: t.exposeID('userId', {
        nullable: true,
        description: "The token's user; null in explore mode without `Callboard-As`.",
      }),
      isOperator: t.exposeBoolean('isOperator'),
      tokenExpiresAt: t.field({
        type: 'DateTime',
        nullable: true,
        resolve: ({ expiresAt }) => expiresAt,
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
