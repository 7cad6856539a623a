/** Statements of one family that stay prepared, on every connection of the pool. */
const MAX_STATEMENTS = 200;

/** What identifies a statement, and whether one plan suits all of its values. */
export interface Shape {
  readonly shape: string;
  readonly isPlannedOnce: boolean;
}

/**
 * Keeps a family of statements, one for each shape. Those that one plan suits are given a name, under which they stay
 * prepared at the store; the others get none and are planned each time. The first `MAX_STATEMENTS` shapes are kept, so
 * that ever new combinations of filters do not fill the memory.
 */
export function createPreparedByShape<Statement>(
  family: string,
): (shape: Shape, prepare: (name?: string) => Statement) => Statement {
  const kept = new Map<string, Statement>();
  return ({ shape, isPlannedOnce }, prepare) => {
    const known = kept.get(shape);
    if (known !== undefined) return known;
    if (kept.size >= MAX_STATEMENTS) return prepare();
    const statement = isPlannedOnce ? prepare(`${family}_${kept.size}`) : prepare();
    kept.set(shape, statement);
    return statement;
  };
}
