import type { Stage, Status } from './words.ts';

/** What a callback carries besides stage and status; accounts are named by their place in the session. */
export type Content =
  | { readonly kind: 'status' }
  | { readonly kind: 'accounts'; readonly accounts: readonly number[] }
  | { readonly kind: 'page'; readonly account: number; readonly transactionStatus: 'Booked' | 'Pending' };

/** One thing that truly happened in a session and that the aggregator reports by one callback. */
export interface Report {
  /** Its place in the session's true order, from 0. */
  readonly order: number;
  /** The run of the session that it belongs to, from 0. */
  readonly run: number;
  /** When it happened, in milliseconds of virtual time. */
  readonly at: number;
  readonly stage: Stage;
  readonly status: Status;
  /** "2/3", where it is reported. */
  readonly progress: string | null;
  readonly content: Content;
}
