/** Counts what each user has open at the same time, up to a limit. */
export interface PerViewerLimit {
  /** Counts one more. False, and not counted, where the user has as many as allowed. Null is never limited. */
  add(userId: string | null): boolean;
  /** Takes back one that was counted. */
  remove(userId: string | null): void;
}

export function createPerViewerLimit(max: number): PerViewerLimit {
  const counts = new Map<string, number>();
  return {
    add(userId) {
      if (userId === null) return true;
      const count = counts.get(userId) ?? 0;
      if (count >= max) return false;
      counts.set(userId, count + 1);
      return true;
    },
    remove(userId) {
      if (userId === null) return;
      const count = counts.get(userId) ?? 0;
      if (count > 1) counts.set(userId, count - 1);
      else counts.delete(userId);
    },
  };
}
