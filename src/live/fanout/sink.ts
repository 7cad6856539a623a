import type { GraphQLFormattedError } from 'graphql';
import type { LiveTransport } from '../../observe.ts';

/** Where a transport takes what one subscription is sent. */
export interface Sink {
  readonly transport: LiveTransport;
  /** Whether it takes more now. The socket's own buffer is watched here. Asked before each `send`. */
  writable(): boolean;
  /** `payload` is the JSON text of the result, shared by the whole group; cursors strictly rise. */
  send(payload: string, cursor: string): void;
  /** The operation is over, by these errors. Nothing follows. */
  fail(errors: readonly GraphQLFormattedError[]): void;
  /** The reader is too slow: its whole connection is to be ended. Nothing follows. */
  slow(): void;
}
