/** The most statements of one family that stay prepared, on every connection of the pool. */
const MAX_STATEMENTS = 200;

/** What identifies a statement, and whether one plan suits all of its values. */
export interface Shape {
  readonly shape: string;
  readonly isPlannedOnce: boolean;
}

/**
 * Keeps a family of statements, one for each shape. Those for which one plan suits all values get a name, under which
 * PostgreSQL keeps them prepared; the others get none and are planned each time. Only the first `MAX_STATEMENTS` shapes
 * are kept, so that the number of filter combinations does not fill the memory.
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
