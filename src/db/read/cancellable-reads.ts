import type { Cancellation } from '../../domain/cancellation.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { CallbackPage, PaymentPage, SessionPage } from './list-reads.ts';
import type { Reads } from './reads.ts';

/** The reads of one execution: once it is cancelled none is sent any more, and those that wait reject with the reason. */
export class CancellableReads implements Reads {
  readonly #reads: Reads;
  readonly #cancellation: Cancellation;

  constructor(reads: Reads, cancellation: Cancellation) {
    this.#reads = reads;
    this.#cancellation = cancellation;
  }

  head() {
    return this.#reads.head();
  }

  session(sessionId: string, viewer: Viewer) {
    return this.#reads.session(sessionId, viewer, this.#cancellation);
  }

  sessionByExternalId(externalId: string, viewer: Viewer) {
    return this.#reads.sessionByExternalId(externalId, viewer, this.#cancellation);
  }

  payment(paymentId: string, viewer: Viewer) {
    return this.#reads.payment(paymentId, viewer, this.#cancellation);
  }

  paymentByExternalId(externalId: string, viewer: Viewer) {
    return this.#reads.paymentByExternalId(externalId, viewer, this.#cancellation);
  }

  callback(position: number, viewer: Viewer) {
    return this.#reads.callback(position, viewer, this.#cancellation);
  }

  bank(bankId: string) {
    return this.#reads.bank(bankId, this.#cancellation);
  }

  isBankOf(bankId: string, viewer: Viewer) {
    return this.#reads.isBankOf(bankId, viewer, this.#cancellation);
  }

  sessions(page: SessionPage, viewer: Viewer) {
    return this.#reads.sessions(page, viewer, this.#cancellation);
  }

  payments(page: PaymentPage, viewer: Viewer) {
    return this.#reads.payments(page, viewer, this.#cancellation);
  }

  callbacks(page: CallbackPage, viewer: Viewer) {
    return this.#reads.callbacks(page, viewer, this.#cancellation);
  }

  facts(sessionId: string) {
    return this.#reads.facts(sessionId, this.#cancellation);
  }

  paymentHistory(paymentId: string) {
    return this.#reads.paymentHistory(paymentId, this.#cancellation);
  }

  sessionCallbacks(sessionId: string, page: CallbackPage, viewer: Viewer) {
    return this.#reads.sessionCallbacks(sessionId, page, viewer, this.#cancellation);
  }
}
