import type { Cancellation } from '../../domain/cancellation.ts';
import type { Viewer } from '../../domain/viewer.ts';

/** For whom something is read. The context of a GraphQL operation is one. */
export interface Reader {
  /** A read finds only what they may see. */
  readonly viewer: Viewer;
  /** Once it is aborted, a read whose statement is not sent yet rejects with the reason. */
  readonly cancellation?: Cancellation;
}
