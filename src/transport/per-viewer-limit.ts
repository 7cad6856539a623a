/** Counts what each user holds at the same time. */
export interface Tally {
  /** False, and not counted, where the user holds as many as allowed. Who has no user is not counted. */
  add(userId: string | null): boolean;
  /** Takes back one that was added. */
  remove(userId: string | null): void;
}

export function createTally(most: number): Tally {
  const held = new Map<string, number>();
  return {
    add(userId) {
      if (userId === null) return true;
      const count = held.get(userId) ?? 0;
      if (count >= most) return false;
      held.set(userId, count + 1);
      return true;
    },
    remove(userId) {
      if (userId === null) return;
      const count = held.get(userId) ?? 0;
      if (count > 1) held.set(userId, count - 1);
      else held.delete(userId);
    },
  };
}
