import { createConnection, type DrivenConnection, type Sent } from '../simulator/connection.ts';
import { createRandom } from '../simulator/plan/random.ts';
import { DEMO_SCENARIO } from './demo-scenario.ts';
import { lastWriteWins, type Naive } from './last-write-wins.ts';

/**
 * What a button of the page does to the connection. Each but `another` also costs the aggregator an answer: it sends an
 * earlier callback again when the run is over, as senders that retry do.
 */
export const ACTS = ['duplicate', 'reorder', 'lose', 'restart', 'kill', 'another'] as const;
export type Act = (typeof ACTS)[number];

/** One callback of the list: `fate` is the gateway's word, or what became of it on its way. */
interface Delivery {
  readonly number: number;
  readonly act: Act | 'next' | 'retry';
  readonly stage: string;
  readonly status: string;
  readonly run: number;
  readonly fate: string;
}

/** Everything that the page shows, except what it subscribes to at the gateway. */
export interface ShowState {
  /** From 1. */
  readonly connection: number;
  readonly sessionId: string;
  readonly person: string;
  readonly bank: string;
  /** Steps of the run that were not sent yet. */
  readonly left: number;
  /** Whether the aggregator has sent all of the run, retries included. */
  readonly isOver: boolean;
  /** Acts that wait for those before them. */
  readonly waiting: number;
  readonly naive: Naive | null;
  /** The newest first. */
  readonly deliveries: readonly Delivery[];
}

/** One connection after another: it goes on by itself, and acts disturb it. */
export interface Show {
  readonly state: ShowState;
  /** Resolves when it has been done, in its turn. */
  act(act: Act): Promise<void>;
  /** Goes on by itself until the signal of its options ends it. */
  run(): Promise<void>;
}

export interface ShowOptions {
  /** The gateway's address. */
  readonly url: string;
  readonly seed: number;
  /** 1: a callback about every second; 0: without pauses. */
  readonly speed: number;
  readonly restartQuietMs: number;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
}

const PAUSE_MS = [700, 1_500] as const;
/** While nothing is left to send. */
const IDLE_MS = 100;
const MAX_LISTED = 40;
/** A lost end is sent again after this long. */
const AGAIN_MS = 1_500;

export function createShow(options: ShowOptions): Show {
  const { url, seed, speed, restartQuietMs, signal, onChange } = options;
  const random = createRandom(seed, 'demo', 'pauses');
  const begin = (number: number): DrivenConnection =>
    createConnection({
      ...{ url, seed, signal, restartQuietMs, number, scenario: DEMO_SCENARIO },
      proof: { kind: 'none' },
    });
  let number = 0;
  let connection = begin(number);
  let naive: Naive | null = null;
  let deliveries: readonly Delivery[] = [];
  let count = 0;
  let waiting = 0;
  /** What arrived of the connection, each once, in its order. */
  let arrived: readonly Sent[] = [];
  /** Callbacks whose answer the aggregator did not get; null where none had arrived yet. */
  let unanswered: readonly (Sent | null)[] = [];
  let before: Promise<void> = Promise.resolve();

  const isOver = () => connection.left() === 0 && unanswered.length === 0;
  /**
   * What is sent again is of a stage under way. The end of the run would make last write wins right by luck, and an
   * Initiated that comes late, or another end after it, is byte for byte a restart: no rule can tell them apart.
   */
  const newestUnderWay = () => arrived.findLast(({ status }) => status === 'InProgress') ?? null;

  function add(act: Delivery['act'], all: readonly Sent[], fate?: string): void {
    for (const { stage, status, run, outcome, body } of all) {
      count += 1;
      deliveries = [
        { number: count, act, stage, status, run: run + 1, fate: fate ?? outcome ?? 'lost' },
        ...deliveries.slice(0, MAX_LISTED - 1),
      ];
      if (outcome !== null) naive = lastWriteWins(naive, body);
    }
    if (act !== 'duplicate' && act !== 'retry')
      arrived = [...arrived, ...all.filter(({ outcome }) => outcome !== null)];
    onChange();
  }

  /** The end of a run is sent again where it is lost: without it nobody could know that the run has ended. */
  async function lose(): Promise<void> {
    if (connection.left() !== 1) return add('lose', await connection.lose());
    const end = connection.subject.part.steps.at(-1);
    if (end === undefined) return;
    const { stage, status } = end;
    add('lose', [{ step: 0, run: 0, stage, status, body: '', outcome: null }], 'lost, will be sent again');
    await pause(speed > 0 ? AGAIN_MS / speed : 0, signal);
    add('next', await connection.next());
  }

  async function perform(act: Delivery['act']): Promise<void> {
    switch (act) {
      case 'next':
        return add(act, await connection.next());
      case 'duplicate': {
        const last = newestUnderWay();
        return last === null ? undefined : add(act, await connection.again(last));
      }
      case 'retry':
        return retry();
      case 'reorder':
        return add(act, await connection.reorder());
      case 'lose':
        return lose();
      case 'restart':
        return add(act, await connection.restart());
      case 'kill':
        // The gateway is not this module's.
        return;
      case 'another':
        number += 1;
        connection = begin(number);
        naive = null;
        deliveries = [];
        count = 0;
        arrived = [];
        unanswered = [];
        return onChange();
    }
  }

  async function retry(): Promise<void> {
    const [first, ...others] = unanswered;
    // The run was begun again meanwhile.
    if (first === undefined || connection.left() > 0) return;
    const sent = first ?? newestUnderWay();
    if (sent !== null) add('retry', await connection.again(sent));
    unanswered = others;
  }

  function inTurn(act: Delivery['act']): Promise<void> {
    waiting += 1;
    onChange();
    const done = before.then(async () => {
      try {
        await perform(act);
        if (act !== 'next' && act !== 'retry' && act !== 'another')
          unanswered = [...unanswered, newestUnderWay()];
      } finally {
        waiting -= 1;
        onChange();
      }
    });
    before = done.catch(() => {});
    return done;
  }

  return {
    get state() {
      const { id, userId, bank } = connection.subject;
      return {
        ...{ connection: number + 1, sessionId: id, person: userId, bank: String(bank.bic ?? bank.id) },
        ...{ left: connection.left(), isOver: isOver(), waiting, naive, deliveries },
      };
    },
    act: inTurn,
    async run() {
      while (!signal.aborted) {
        const length = random.between(...PAUSE_MS);
        await pause(isOver() ? IDLE_MS : speed > 0 ? length / speed : 0, signal);
        if (!signal.aborted && !isOver()) await inTurn(connection.left() > 0 ? 'next' : 'retry');
      }
    },
  };
}

/** Shorter where the signal ends it. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
