/** How often lagging members are looked at, in milliseconds. */
const LOOK_MS = 50;

/** A member for whose sink something waits. */
export interface LaggingMember {
  /** Whether something waits, and only for the sink. */
  readonly isLagging: boolean;
  /** When something was sent to it last, or began to wait; by performance.now(). Set here when tracking begins. */
  movedAt: number;
  /** The sink may take more now: sends what it takes. */
  drained(): void;
  /** Ends the reader's whole connection. */
  endAsSlow(): void;
}

/**
 * Looks after the members that lag: offers their sinks what waits, and ends the connection of one to which nothing
 * could be sent for `slowAfterMs`. One timer serves all, and runs only while some lag.
 */
export interface LaggingMembers {
  track(member: LaggingMember): void;
  forget(member: LaggingMember): void;
  close(): void;
}

export function createLaggingMembers(slowAfterMs: number): LaggingMembers {
  const lagging = new Set<LaggingMember>();
  let timer: NodeJS.Timeout | null = null;

  function look(): void {
    const now = performance.now();
    for (const member of lagging) {
      member.drained();
      if (!member.isLagging) lagging.delete(member);
      else if (now - member.movedAt >= slowAfterMs) member.endAsSlow();
    }
    if (lagging.size === 0) stop();
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer);
    timer = null;
  }

  return {
    track(member) {
      if (lagging.has(member)) return;
      lagging.add(member);
      member.movedAt = performance.now();
      timer ??= setInterval(look, LOOK_MS).unref();
    },
    forget(member) {
      lagging.delete(member);
    },
    close() {
      lagging.clear();
      stop();
    },
  };
}
