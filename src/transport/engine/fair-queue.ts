/** What one viewer may begin in a turn, in milliseconds of expected cost; one operation it may begin in any case. */
const TURN_MS = 5;

/**
 * What waits, by the name of whom it waits for: first come, first served within a name, and names in turn, so that
 * one's long queue delays no other by more than a turn: one large item, or several small ones.
 */
export interface FairQueue<T> {
  put(name: string, item: T): void;
  /** Takes one out that is not to wait any longer. */
  remove(name: string, item: T): void;
  /** The next whose turn it is, passing over the names that may not begin; null where there is none. */
  next(mayBegin: (name: string) => boolean): Turn<T> | null;
  /** Takes out what `next` gave. When its name's turn is used up, that goes to the end of the line. */
  take(turn: Turn<T>, costMs: number): void;
  /** All that wait. */
  readonly size: number;
}

export interface Turn<T> {
  readonly name: string;
  readonly item: T;
}

interface Line<T> {
  readonly items: T[];
  /** What was begun in this turn. */
  turnMs: number;
}

export function createFairQueue<T>(): FairQueue<T> {
  /** None is empty. In the order of their turns: a Map keeps the order of insertion. */
  const lines = new Map<string, Line<T>>();
  let size = 0;

  function drop(name: string, place: number): Line<T> | null {
    const line = lines.get(name);
    if (line === undefined || place < 0) return null;
    line.items.splice(place, 1);
    size -= 1;
    if (line.items.length === 0) lines.delete(name);
    return line;
  }

  return {
    put(name, item) {
      const line = lines.get(name);
      if (line === undefined) lines.set(name, { items: [item], turnMs: 0 });
      else line.items.push(item);
      size += 1;
    },
    remove(name, item) {
      drop(name, lines.get(name)?.items.indexOf(item) ?? -1);
    },
    next(mayBegin) {
      for (const [name, { items }] of lines) {
        const [item] = items;
        if (item !== undefined && mayBegin(name)) return { name, item };
      }
      return null;
    },
    take({ name }, costMs) {
      const line = drop(name, 0);
      if (line === null) return;
      line.turnMs += costMs;
      if (line.turnMs < TURN_MS || !lines.delete(name)) return;
      line.turnMs = 0;
      lines.set(name, line);
    },
    get size() {
      return size;
    },
  };
}
