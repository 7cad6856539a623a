import type { Viewer } from '../../domain/viewer.ts';
import { CallboardError, unavailable } from '../../errors.ts';
import { createFairQueue, type FairQueue } from './fair-queue.ts';
import { createOperationCosts, type OperationCost } from './operation-costs.ts';
import type { Pressure } from './pressure.ts';

/** An operation that is expected to cost the event loop no more is small: those never wait behind large ones. */
const SMALL_MS = 1;
/** What operations of one size may cost the event loop together, in milliseconds; one alone may cost more. */
const BUDGET_MS = 40;
/** The same while callbacks arrive: about what each step of recording one may be delayed by. */
const BUDGET_WITH_CALLBACKS_MS = 8;
/**
 * While a callback is being recorded large operations are executed one at a time, and after each nothing large begins
 * for so many times as long as it took: what is left belongs to callbacks, however slow the machine is.
 */
const REST = 1;
/** The same while callbacks suffer. */
const REST_STRAINED = 3;
/** An operation that takes longer waits for the store: it keeps its viewer's place, but not that of others. */
const RESERVED_MS = 100;
/** How often it is seen whether what waits may begin, apart from each end of an operation. */
const LOOK_MS = 5;
/**
 * How long an operation waits for its turn. A refused query is answered after that time too, so that a client that comes
 * back at once gains nothing; a subscription that is refused may not come back by itself.
 */
const MAX_WAIT_MS = { query: 1_000, opening: 5_000 };

/** One operation that is to be executed. */
export interface PendingOperation {
  readonly viewer: Viewer;
  /** Operations of one text are expected to cost the same. */
  readonly text: string;
  /** A query is executed at once or soon, an opening may take longer, and what is running is never refused. */
  readonly kind: 'query' | 'opening' | 'running';
  /** Whether the client has gone: then it is not executed. */
  readonly isGone?: (() => boolean) | undefined;
}

/** Leave to execute one operation. */
export interface Admitted {
  /** Called once, when it was executed. @param maxMs what it cannot have cost more than, by what it gave */
  leave(maxMs: () => number): void;
}

/**
 * Decides when operations are executed: callbacks first, then viewers in turn. Where there is room it takes no time.
 */
export interface Admission {
  /**
   * Rejects with RATE_LIMITED where the viewer has too many operations at once, and with UNAVAILABLE where the turn of
   * this one did not come in time.
   */
  enter(operation: PendingOperation): Admitted | Promise<Admitted>;
  /** Refuses what waits, and all that would have to. */
  close(): void;
}

export interface AdmissionOptions {
  readonly pressure: Omit<Pressure, 'callbackArrived' | 'close'>;
  /** Null where viewers are not limited: then nothing is refused unless callbacks arrive. */
  readonly perViewer: {
    /** Operations in execution at a time. */
    readonly operations: number;
    /** Operations that wait. */
    readonly waiting: number;
  } | null;
}

interface Execution {
  readonly name: string;
  readonly lane: Lane;
  readonly cost: OperationCost;
  /** What it counts in the budget. */
  readonly reservedMs: number;
  /** By the costs' own clock. */
  readonly share: number;
  readonly beganMs: number;
}

interface Refusable {
  refuse(error: CallboardError): void;
}

interface Waiting extends Refusable {
  readonly operation: PendingOperation;
  begin(admitted: Admitted): void;
}

/** Operations of one size: what waits, and what is in execution and counts, the oldest first. */
interface Lane {
  readonly queue: FairQueue<Waiting>;
  readonly reserved: Set<Execution>;
  reservedMs: number;
  /** When the last one ended, and how long it took. */
  endedMs: number;
  tookMs: number;
}

/** Who has no user: they share one place in the line, and are not limited. */
const NOBODY = '';

export function createAdmission({ pressure, perViewer }: AdmissionOptions): Admission {
  const costs = createOperationCosts();
  const [small, large] = [createLane(), createLane()];
  /** Operations in execution and operations that wait, by viewer. */
  const executing = new Map<string, number>();
  const waiting = new Map<string, number>();
  /** What waits for its turn, or for its refusal to be sent. */
  const refusable = new Set<Refusable>();
  let left: { readonly execution: Execution; readonly maxMs: () => number }[] = [];
  let look: NodeJS.Timeout | null = null;
  let isClosed = false;

  const isLimited = (name: string): boolean => perViewer !== null && name !== NOBODY;
  const mayBegin = (name: string): boolean =>
    perViewer === null || name === NOBODY || (executing.get(name) ?? 0) < perViewer.operations;

  function hasRoom(lane: Lane, { expectedMs }: OperationCost): boolean {
    // Small ones one at a time: they delay nobody, and a viewer who sends small ones does not pay for others.
    if (pressure.lagging) return lane === small && lane.reserved.size === 0;
    if (lane === large && (pressure.recording || pressure.strained)) {
      const restMs = lane.tookMs * (pressure.strained ? REST_STRAINED : REST);
      return lane.reserved.size === 0 && performance.now() - lane.endedMs >= restMs;
    }
    if (lane.reserved.size === 0) return true;
    return lane.reservedMs + expectedMs <= (pressure.arriving ? BUDGET_WITH_CALLBACKS_MS : BUDGET_MS);
  }

  function begin(lane: Lane, name: string, cost: OperationCost): Admitted {
    const { expectedMs: reservedMs } = cost;
    const beganMs = performance.now();
    const execution: Execution = { name, lane, cost, reservedMs, share: costs.begin(), beganMs };
    add(executing, name, 1);
    lane.reserved.add(execution);
    lane.reservedMs += reservedMs;
    return {
      leave(maxMs) {
        left.push({ execution, maxMs });
        // The answer is written first, and what came in meanwhile has its turn.
        if (left.length === 1) setImmediate(settle);
      },
    };
  }

  function release(execution: Execution, maxMs: () => number): void {
    const { lane, cost, share, reservedMs, beganMs } = execution;
    if (!lane.reserved.delete(execution)) return;
    lane.reservedMs = lane.reserved.size === 0 ? 0 : lane.reservedMs - reservedMs;
    lane.endedMs = performance.now();
    lane.tookMs = lane.endedMs - beganMs;
    cost.learn(costs.end() - share, maxMs);
  }

  function settle(): void {
    const over = left;
    left = [];
    for (const { execution, maxMs } of over) {
      release(execution, maxMs);
      add(executing, execution.name, -1);
    }
    beginWaiting();
  }

  function beginWaiting(): void {
    if (waiting.size === 0 || isClosed) return;
    for (const lane of [small, large]) {
      const now = performance.now();
      for (const execution of lane.reserved) {
        if (now - execution.beganMs < RESERVED_MS) break;
        release(execution, () => execution.reservedMs);
      }
      for (let turn = lane.queue.next(mayBegin); turn !== null; turn = lane.queue.next(mayBegin)) {
        const { operation } = turn.item;
        const cost = costs.of(operation.text);
        const isGone = operation.isGone?.() === true;
        if (!isGone && !hasRoom(lane, cost)) break;
        lane.queue.take(turn, isGone ? 0 : cost.expectedMs);
        if (isGone) turn.item.refuse(unavailable('The client has gone.'));
        else turn.item.begin(begin(lane, turn.name, cost));
      }
    }
    if (waiting.size === 0) return;
    look ??= setTimeout(() => {
      look = null;
      beginWaiting();
    }, LOOK_MS);
  }

  function wait(lane: Lane, name: string, operation: PendingOperation): Promise<Admitted> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | null = null;
      const settled = (): void => {
        if (timer !== null) clearTimeout(timer);
        refusable.delete(item);
        add(waiting, name, -1);
      };
      const item: Waiting = {
        operation,
        begin(admitted) {
          settled();
          resolve(admitted);
        },
        refuse(error) {
          settled();
          reject(error);
        },
      };
      refusable.add(item);
      add(waiting, name, 1);
      lane.queue.put(name, item);
      if (operation.kind === 'running') return;
      const waitsMs = operation.kind === 'query' ? MAX_WAIT_MS.query : MAX_WAIT_MS.opening;
      timer = setTimeout(function over() {
        if (perViewer === null && !pressure.arriving) {
          // Nobody suffers by its waiting on.
          timer = setTimeout(over, waitsMs);
          return;
        }
        lane.queue.remove(name, item);
        const inHand = (executing.get(name) ?? 0) + (waiting.get(name) ?? 0);
        item.refuse(isLimited(name) && inHand > (perViewer?.operations ?? 0) ? tooMany() : busy());
      }, waitsMs);
    });
  }

  function refuseLater(): Promise<never> {
    return new Promise((_, reject) => {
      const item: Refusable = {
        refuse(error) {
          clearTimeout(timer);
          refusable.delete(item);
          reject(error);
        },
      };
      const timer = setTimeout(() => item.refuse(tooMany()), MAX_WAIT_MS.query);
      refusable.add(item);
    });
  }

  const tooMany = (): CallboardError =>
    new CallboardError(
      'RATE_LIMITED',
      `A viewer has at most ${perViewer?.operations} operations in execution at a time: wait for answers, then send this again.`,
    );

  return {
    enter(operation) {
      const name = operation.viewer.userId ?? NOBODY;
      const cost = costs.of(operation.text);
      const lane = cost.expectedMs <= SMALL_MS ? small : large;
      if (lane.queue.size === 0 && mayBegin(name) && hasRoom(lane, cost)) return begin(lane, name, cost);
      if (isClosed) return Promise.reject(unavailable('The gateway is stopping.'));
      const isFull = isLimited(name) && (waiting.get(name) ?? 0) >= (perViewer?.waiting ?? 0);
      if (operation.kind === 'query' && isFull) return refuseLater();
      const admitted = wait(lane, name, operation);
      beginWaiting();
      return admitted;
    },
    close() {
      isClosed = true;
      if (look !== null) clearTimeout(look);
      for (const item of refusable) item.refuse(unavailable('The gateway is stopping.'));
    },
  };
}

function createLane(): Lane {
  return { queue: createFairQueue(), reserved: new Set(), reservedMs: 0, endedMs: 0, tookMs: 0 };
}

/** A count of none is not kept. */
function add(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}

function busy(): CallboardError {
  return unavailable('The gateway has too much to do now. Try again.');
}
