import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type ReadStatesOptions, readStates } from './check/read-states.ts';
import { judge, type Verdict } from './check/verdict.ts';
import { bodyOf } from './plan/bodies.ts';
import { createPlan, type Delivery, type DeliveryKind, type PlanOptions } from './plan/plan.ts';
import { createDeliver } from './send/deliver.ts';
import { play } from './send/play.ts';
import type { Proof } from './send/proof.ts';
import { createBook } from './serve/reported.ts';
import { serveStatus } from './serve/status-server.ts';

export interface SimulationOptions extends PlanOptions, ReadStatesOptions {
  readonly proof: Proof;
  readonly speed: number;
  readonly rate: number | null;
  /** Port of the aggregator's status routes; 0 takes a free one, null serves none. */
  readonly serve: number | null;
  /** Milliseconds between the last answer and the comparison. */
  readonly settleMs: number;
  /** Stops it; what was sent until then is compared. */
  readonly signal: AbortSignal;
  readonly onServed?: (url: string) => void;
  readonly onProgress?: (progress: Progress) => void;
}

/** How far a simulation is. */
export interface Progress {
  /** Deliveries in all, lost ones included. */
  readonly planned: number;
  done: number;
  readonly sent: Record<DeliveryKind, number>;
  lost: number;
  retries: number;
  /** Deliveries by the gateway's answer. */
  readonly outcomes: Record<string, number>;
}

/** What came of a simulation. */
export interface Summary extends Progress, Verdict {
  readonly seed: number;
  readonly sessions: number;
  readonly payments: number;
  /** Of every body that was sent, in the order of the first try: the same for the same seed and options. */
  readonly hash: string;
  readonly seconds: number;
  readonly wasStopped: boolean;
}

/** Ids are numbered, so those of another simulation of the seed would be among the first. */
const LOOKED_UP = 150;

/**
 * Plays the aggregator against a gateway, over HTTP alone, and compares what the gateway shows at the end with what the
 * scenarios expect.
 * @throws RefusedError where the gateway takes no callback of this sender; Error where the states cannot be read, or the
 * gateway has some of these sessions already, so that nothing could be said of them
 */
export async function simulate(options: SimulationOptions): Promise<Summary> {
  const { signal, onProgress } = options;
  const plan = createPlan(options);
  const [known] = (await readStates(plan.subjects.slice(0, LOOKED_UP), options)).keys();
  if (known !== undefined) throw new Error(`the gateway has ${known.id} already: take another seed (--seed)`);
  const begun = performance.now();
  const hash = createHash('sha256');
  const playedAt = new Map<Delivery, number>();
  const progress: Progress = {
    planned: plan.deliveries.length,
    ...{ done: 0, lost: 0, retries: 0, outcomes: {} },
    sent: { original: 0, duplicate: 0, late: 0 },
  };
  const book = createBook();
  const server = options.serve === null ? null : await serveStatus(options.serve, book);
  if (server !== null) options.onServed?.(server.url);
  const deliver = createDeliver(options);

  try {
    await play(plan, {
      ...options,
      onMoment(delivery) {
        book.add(delivery);
        if (delivery.isLost) {
          playedAt.set(delivery, performance.now());
          progress.lost += 1;
          progress.done += 1;
        } else {
          const body = bodyOf(delivery.subject, delivery.step);
          hash.update(`${Buffer.byteLength(body)} ${body}`);
        }
      },
      async deliver(delivery) {
        const body = bodyOf(delivery.subject, delivery.step);
        const { outcome, retries } = await deliver({ id: messageIdOf(delivery), body });
        playedAt.set(delivery, performance.now());
        progress.done += 1;
        progress.sent[delivery.kind] += 1;
        progress.retries += retries;
        progress.outcomes[outcome] = (progress.outcomes[outcome] ?? 0) + 1;
        onProgress?.(progress);
      },
    });
    await setTimeout(options.settleMs, undefined, { signal }).catch(() => {});
    const shown = await readStates(plan.subjects, options);
    return {
      ...progress,
      ...judge(plan, { at: playedAt, restartQuietMs: options.restartQuietMs }, shown),
      seed: options.seed,
      sessions: plan.subjects.filter(({ kind }) => kind === 'session').length,
      payments: plan.subjects.filter(({ kind }) => kind === 'payment').length,
      hash: hash.digest('hex'),
      seconds: (performance.now() - begun) / 1_000,
      wasStopped: signal.aborted,
    };
  } finally {
    await server?.close();
  }
}

/** Names the callback of a step, so that a duplicate has the id of its original. */
function messageIdOf({ subject, step }: Pick<Delivery, 'subject' | 'step'>): string {
  return `msg_${subject.id}-${step}`;
}
