/** The most statements of one family that are kept prepared, on every connection of the pool. */
const MOST = 200;

/**
 * Keeps a family of statements prepared, one for each shape. The first `MOST` shapes get a name and stay; whoever
 * asks for ever new combinations of filters after that gets unnamed ones, and fills nobody's memory.
 */
export function createStatements<Statement>(
  family: string,
): (shape: string, prepare: (name?: string) => Statement) => Statement {
  const kept = new Map<string, Statement>();
  return (shape, prepare) => {
    const known = kept.get(shape);
    if (known !== undefined) return known;
    if (kept.size >= MOST) return prepare();
    const statement = prepare(`${family}_${kept.size}`);
    kept.set(shape, statement);
    return statement;
  };
}
