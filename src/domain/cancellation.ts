/** Whether work is still wanted. An `AbortSignal` is one. */
export interface Cancellation {
  readonly aborted: boolean;
  /** Why it is not wanted any more; its pending promises reject with this. */
  readonly reason: unknown;
}
