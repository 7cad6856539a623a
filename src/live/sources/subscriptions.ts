import { type CallbackAsk, type CallbackMessage, createCallbackSource } from './callback-source.ts';
import { createPaymentSource, type PaymentAsk, type PaymentMessage } from './payment-source.ts';
import { createSessionSource, type SessionAsk, type SessionMessage } from './session-source.ts';
import type { Source, SourceParts } from './source.ts';

/** The three subscriptions of the graph (DESIGN §6, "Subscriptions promise"). */
export interface Subscriptions {
  /** Throws BAD_USER_INPUT when asked by both ids. */
  sessionStatusChanged(ask: SessionAsk): Source<SessionMessage>;
  /** Throws BAD_USER_INPUT when asked by both ids. */
  paymentStatusChanged(ask: PaymentAsk): Source<PaymentMessage>;
  /** Throws FORBIDDEN but for operators. */
  callbackRecorded(ask: CallbackAsk): Source<CallbackMessage>;
}

export function createSubscriptions(parts: SourceParts): Subscriptions {
  return {
    sessionStatusChanged: (ask) => createSessionSource(parts, ask),
    paymentStatusChanged: (ask) => createPaymentSource(parts, ask),
    callbackRecorded: (ask) => createCallbackSource(parts, ask),
  };
}
