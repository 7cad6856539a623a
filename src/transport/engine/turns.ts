/** Spreads long executions over turns of the event loop, so that everything else has its turn between. */
export interface Turns {
  /** Resolves in a turn that has room for this many fields. Owners take turns; it never rejects. */
  wait(owner: object, fields: number): Promise<void>;
}

interface Waiter {
  readonly fields: number;
  readonly resume: () => void;
}

interface Line {
  readonly waiters: Waiter[];
  /** The waiters before it were resumed. */
  next: number;
}

/** `fieldsPerTurn` bounds what all owners together resolve in one turn; one waiter with more has a turn alone. */
export function createTurns(fieldsPerTurn: number): Turns {
  // A map keeps the order of insertion: the first owner is next, and goes to the end where it has more.
  const lines = new Map<object, Line>();

  function turn(): void {
    let room = fieldsPerTurn;
    for (const [owner, line] of lines) {
      for (let waiter = line.waiters[line.next]; waiter !== undefined && room > 0; ) {
        room -= waiter.fields;
        line.next += 1;
        waiter.resume();
        waiter = line.waiters[line.next];
      }
      lines.delete(owner);
      if (line.next < line.waiters.length) lines.set(owner, line);
      if (room <= 0) break;
    }
    if (lines.size > 0) setImmediate(turn);
  }

  return {
    wait(owner, fields) {
      if (lines.size === 0) setImmediate(turn);
      let line = lines.get(owner);
      if (line === undefined) {
        line = { waiters: [], next: 0 };
        lines.set(owner, line);
      }
      const { waiters } = line;
      return new Promise((resume) => waiters.push({ fields, resume }));
    },
  };
}
