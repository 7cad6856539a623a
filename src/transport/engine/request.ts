import type { Viewer } from '../../domain/viewer.ts';

/** One operation as a client sends it, over any wire. */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName?: string | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Who sends the request, and the cursors that came with it outside its arguments and extensions (Last-Event-ID). */
export interface RequestSeed {
  readonly viewer: Viewer;
  readonly cursors: readonly string[];
  /** Whether the client has gone, where that can be known: what still waits is not executed then. */
  readonly isGone?: () => boolean;
  /** Where the operation belongs to a trace: as it was sent, checked. */
  readonly traceparent?: string | null;
}

/**
 * Makes the context of one operation: the viewer and the cursors that were sent outside its arguments, and what
 * resolvers read from. Made for each operation, so its members are written out: a spread costs some microseconds.
 */
export type ContextOf = (viewer: Viewer, cursors: readonly string[]) => RequestSeed;
