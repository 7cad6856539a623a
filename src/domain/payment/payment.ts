import type { PaymentUser } from '../journal/callback.ts';
import type { Instant } from '../session/session.ts';
import type { PaymentStatus } from '../words.ts';

/** All that the journal says of one payment. There is no restart: it has one attempt. */
export interface PaymentState {
  readonly paymentId: string;
  readonly externalId: string | null;
  readonly bankId: string;
  /** `user.externalId` recorded first is the owner. */
  readonly user: PaymentUser;
  /** The set of statuses reported, in the order first seen. */
  readonly facts: readonly PaymentStatus[];
  /** When the shown terminal status was received; null where none was. */
  readonly terminalAt: Instant | null;
  /** From 1; rises with every row of the journal. */
  readonly version: number;
  /** Position of the last row. */
  readonly position: number;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** A payment as it is stored and shown: its state and what is derived from it. */
export interface Payment extends PaymentState {
  readonly status: PaymentStatus;
  /** Whether the shown status is terminal. */
  readonly isFinal: boolean;
  /** Whether two different terminals were reported. */
  readonly conflict: boolean;
}
