import { sql } from 'drizzle-orm';
import type { Named } from '../../domain/catch-up.ts';
import { isStorableId } from '../../domain/ids.ts';
import type { Owner } from '../../domain/subject.ts';
import type { Db } from '../store.ts';
import { createBatchLoader } from './batch-loader.ts';
import type { ReadQueue } from './read-queue.ts';

/** The key of one look-up: an id, and the owner that the row must have. */
export interface Key {
  readonly id: string;
  readonly owner: Owner;
}

/** The key for a named state; null where no row can have that id, or where the viewer owns none. */
export function keyOf(named: Named, owner: Owner | undefined): Key | null {
  const id = 'id' in named ? named.id : named.externalId;
  if (owner === undefined || (owner !== null && !isStorableId(owner))) return null;
  return isStorableId(id) ? { id, owner } : null;
}

/**
 * The batch's keys as a table. Each key's row is looked up in a lateral join with a limit of its own: so each key is one
 * index look-up, however large the planner estimates the table to be.
 */
export function batchKeys(db: Db) {
  return db
    .select({
      n: sql<number>`n`.as('n'),
      id: sql<string>`id`.as('id'),
      owner: sql<string | null>`owner`.as('owner'),
    })
    .from(sql`json_to_recordset((${sql.placeholder('keys')}::text)::json) as key(n int, id text, owner text)`)
    .as('keys');
}

/** Tells keys of a batch apart: the owner is a part of it. */
export const nameOfKey = ({ id, owner }: Key): string => (owner === null ? id : `${id}\0${owner}`);

/** The value of the parameter that `batchKeys` reads: each key with its index in the batch. */
export function keysParameter(keys: readonly Key[]): string {
  return JSON.stringify(keys.map((key, n) => ({ n, ...key })));
}

/** A statement that reads `batchKeys`: each row has the index of its key. */
export interface KeyStatement<Row> {
  execute(values: { keys: string }): Promise<readonly (Row & { readonly keys: { readonly n: number } })[]>;
}

interface KeyLoaderOptions<Row, Answer> {
  readonly statement: KeyStatement<Row>;
  readonly toAnswer: (row: Row) => Answer;
  /** The answer for a key that has no row. Left out where the statement returns a row for each key. */
  readonly absent?: Answer;
  readonly queue?: ReadQueue;
}

/** Loads by key, with one statement a batch. */
export function createKeyLoader<Row, Answer>({
  statement,
  toAnswer,
  absent,
  queue,
}: KeyLoaderOptions<Row, Answer>) {
  return createBatchLoader<Key, Answer>({
    queue,
    nameOf: nameOfKey,
    async load(keys) {
      const answers: Answer[] = absent === undefined ? [] : keys.map(() => absent);
      for (const row of await statement.execute({ keys: keysParameter(keys) })) {
        answers[row.keys.n] = toAnswer(row);
      }
      return answers;
    },
  });
}
