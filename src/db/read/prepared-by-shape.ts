/** The most statements of one family that are kept prepared, on every connection of the pool. */
const MOST = 200;

/** What a statement is known by, and whether one plan suits all of its values. */
export interface Shape {
  readonly shape: string;
  readonly isPlannedOnce: boolean;
}

/**
 * Keeps a family of statements made, one for each shape. Those that one plan suits are given a name, under which
 * they stay prepared at the store; the others get none and are planned each time. The first `MOST` shapes are kept;
 * whoever asks for ever new combinations of filters after that fills nobody's memory.
 */
export function createStatements<Statement>(
  family: string,
): (shape: Shape, prepare: (name?: string) => Statement) => Statement {
  const kept = new Map<string, Statement>();
  return ({ shape, isPlannedOnce }, prepare) => {
    const known = kept.get(shape);
    if (known !== undefined) return known;
    if (kept.size >= MOST) return prepare();
    const statement = isPlannedOnce ? prepare(`${family}_${kept.size}`) : prepare();
    kept.set(shape, statement);
    return statement;
  };
}
