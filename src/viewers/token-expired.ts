import { CallboardError } from '../errors.ts';

/**
 * The token was good and its time is over. Over HTTP it reads like any bad token (401); a WebSocket is closed with
 * 4403 instead of 4401, because a fresh token and the cursor bring the client back without a loss (DESIGN §8).
 */
export class TokenExpiredError extends CallboardError {
  constructor() {
    super('UNAUTHENTICATED', 'The token has expired: come back with a fresh one.');
  }
}
