import type { ChangedState } from '../../domain/catch-up.ts';
import type { StateChange } from '../../domain/journal/entry.ts';
import type { Instant } from '../../domain/session/session.ts';
import type { State } from '../../domain/subject.ts';
import type { ChangeKind, StageName } from '../../domain/words.ts';
import type { Message } from './source.ts';

/** One message of a subscription to states: `sessionStatusChanged`, `paymentStatusChanged`. */
export interface StateMessage<S> extends Message {
  /** Why it was sent; where several were conflated, the newest reason. */
  readonly kind: ChangeKind;
  /**
   * False only in a SNAPSHOT sent because no cursor was honoured, or, also mid-stream, because the store was restored or
   * its states recomputed.
   */
  readonly recovered: boolean;
  /** False where the state no longer matches the filter. */
  readonly matches: boolean;
  /** The newest state when it is sent. Null only in a SNAPSHOT. */
  readonly state: S | null;
  /** The stage of the change; null in a SNAPSHOT and with STALLED, for a payment, and where the journal row was deleted. */
  readonly stage: StageName | null;
  readonly changedAt: Instant;
}

/** The opening message where no cursor is honoured: one state as it is, or none. */
export function snapshot<S extends State>(
  cursor: string,
  state: S | null,
  { recovered, matches, now }: { readonly recovered: boolean; readonly matches: boolean; now(): Instant },
): StateMessage<S> {
  return {
    cursor,
    kind: 'SNAPSHOT',
    recovered,
    matches,
    state,
    stage: null,
    changedAt: state?.updatedAt ?? now(),
  };
}

/** A change that was read from the store, while catching up. */
export function resumed<S extends State>(
  cursor: string,
  matches: boolean,
  { state, last }: ChangedState<S>,
): StateMessage<S> {
  return {
    cursor,
    kind: last?.kind === 'ACCOUNTS' || last?.kind === 'TRANSACTION_PAGE' ? last.kind : 'STATUS',
    recovered: true,
    matches,
    state,
    stage: last?.stage ?? null,
    changedAt: state.updatedAt,
  };
}

/** The clock's: the state is unchanged, and so is the reader's cursor. */
export function stalled<S extends State>(
  cursor: string,
  matches: boolean,
  { state, dueAt }: { readonly state: S; readonly dueAt: Instant },
): StateMessage<S> {
  return { cursor, kind: 'STALLED', recovered: true, matches, state, stage: null, changedAt: dueAt };
}

/** A change that was published live. */
export function changed<S extends State>(
  cursor: string,
  matches: boolean,
  { kind, stage, after, changedAt }: StateChange<S>,
): StateMessage<S> {
  return { cursor, kind, recovered: true, matches, state: after, stage, changedAt };
}
