import { z } from 'zod';

export const QUERIES = ['one', 'list', 'lists', 'filtered', 'deep'] as const;
export type QueryName = (typeof QUERIES)[number];

/** Where the load goes, and for how long it is measured: without a slash at its end; seconds. */
const AT = { url: z.string(), seconds: z.number() };

/** What a load process does. */
export const Job = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('callbacks'), ...AT }),
  z.object({ kind: z.literal('queries'), ...AT, query: z.enum(QUERIES), sessions: z.number() }),
  z.object({ kind: z.literal('identical'), ...AT, subscriptions: z.number() }),
  z.object({ kind: z.literal('different'), ...AT, subscriptions: z.number() }),
  z.object({ kind: z.literal('latency'), ...AT, subscriptions: z.number() }),
  z.object({ kind: z.literal('idle'), ...AT, subscriptions: z.number() }),
  z.object({ kind: z.literal('read-all'), ...AT, sessions: z.number() }),
  z.object({ kind: z.literal('write-all'), ...AT, sessions: z.number() }),
]);
export type Job = z.infer<typeof Job>;
export type JobOf<Kind extends Job['kind']> = Extract<Job, { kind: Kind }>;

/** What came of it. */
export const Measured = z.object({
  /** Operations that ended well: callbacks and queries that were answered, changes that were received. */
  done: z.number(),
  /** Operations that were to end well. */
  expected: z.number(),
  /** From the first to the end of the last. */
  seconds: z.number(),
  /** Of one operation; null where they are not timed one by one. */
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});
export type Measured = z.infer<typeof Measured>;

/** A job in two steps, so that what it prepares is not measured. */
export interface Load {
  /** Opens connections, makes what is to be asked for, and warms the gateway up. */
  prepare(): Promise<void>;
  measure(): Promise<Measured>;
}

/** What a load process sends: first `ready` or `failed`, and after `measure` was sent to it, `measured` or `failed`. */
export const Report = z.discriminatedUnion('state', [
  z.object({ state: z.literal('ready') }),
  z.object({ state: z.literal('measured'), measured: Measured }),
  z.object({ state: z.literal('failed'), reason: z.string() }),
]);
export type Report = z.infer<typeof Report>;
