import type { z } from 'zod';
import type { Format } from './formats.ts';

/** One variable of the environment: all of its properties, in one place. */
export interface Variable<Value = unknown> {
  /** Parses its text. An empty text counts as unset and is never passed. */
  readonly schema: z.ZodType<Value, string | undefined>;
  /** The default text; null where there is none. */
  readonly fallback: string | null;
  /** What is allowed, worded to follow "it must be" in a fault. */
  readonly allowed: string;
  /** Its value is never shown, and may also come from the file that `NAME_FILE` names. */
  readonly secret: boolean;
  /** What it sets, for the documentation. */
  readonly about: string;
}

export const withDefault = <Value>(
  fallback: string,
  { schema, allowed }: Format<Value>,
  about: string,
): Variable<Value> => ({
  schema: schema.prefault(fallback),
  ...{ fallback, allowed, about, secret: false },
});

/** Null where it is unset. */
export const optional = <Value>(
  { schema, allowed }: Format<Value>,
  about: string,
): Variable<Value | null> => ({
  schema: schema.optional().transform((value) => value ?? null),
  ...{ fallback: null, allowed, about, secret: false },
});

/** An empty list where it is unset. */
export const optionalList = <Value>(
  { schema, allowed }: Format<readonly Value[]>,
  about: string,
): Variable<readonly Value[]> => ({
  schema: schema.optional().transform((values) => values ?? []),
  ...{ fallback: null, allowed, about, secret: false },
});

export const secret = <Value>(variable: Variable<Value>): Variable<Value> => ({ ...variable, secret: true });
