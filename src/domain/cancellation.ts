/** Whether work is still wanted. An `AbortSignal` is one. */
export interface Cancellation {
  readonly aborted: boolean;
  /** Why it is not wanted any more; what its pending promises reject with. */
  readonly reason: unknown;
}
