import type { Cancellation } from '../../domain/cancellation.ts';
import type { Viewer } from '../../domain/viewer.ts';

/** On whose behalf something is read. The context of a GraphQL operation is one. */
export interface Reader {
  /** A read finds only what this viewer may see. */
  readonly viewer: Viewer;
  /** Once aborted, a read whose statement is not sent yet rejects with the reason. */
  readonly cancellation?: Cancellation;
}
