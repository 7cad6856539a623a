/** Why the server ends a WebSocket. A client comes back with its newest cursor after the first four only. */
export const CLOSE_CODES = {
  goingAway: [1001, 'Going away'],
  overloaded: [1013, 'Try again later'],
  slow: [4008, 'Read too slowly'],
  expired: [4403, 'Token expired'],
  tooManyMessages: [1008, 'Too many messages'],
  foreignOrigin: [1008, 'Origin not allowed'],
  badRequest: [4400, "Callboard-As must be one user's id"],
  // A browser shows this reason to who has sent { token }, or nothing.
  unauthorized: [
    4401,
    'Send a valid { "authorization": "Bearer <token>" } as the payload of connection_init',
  ],
  oldProtocol: [
    4406,
    'Use the subprotocol graphql-transport-ws: the library graphql-ws, not subscriptions-transport-ws',
  ],
  failed: [1011, 'Internal error'],
} as const;

export type CloseReason = keyof typeof CLOSE_CODES;
