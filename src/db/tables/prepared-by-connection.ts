import type { Db } from '../store.ts';

/** Builds the statements of a `Db` once: building one costs more than sending it. */
export function preparedByConnection<Statements>(make: (db: Db) => Statements): (db: Db) => Statements {
  const made = new WeakMap<Db, Statements>();
  return (db) => {
    const known = made.get(db);
    if (known !== undefined) return known;
    const statements = make(db);
    made.set(db, statements);
    return statements;
  };
}
