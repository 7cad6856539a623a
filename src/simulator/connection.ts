import { setTimeout } from 'node:timers/promises';
import { bodyOf } from './plan/bodies.ts';
import { createSubjects, type SessionSubject } from './plan/subject.ts';
import type { Scenario } from './scenario/scenario.ts';
import { createDeliver, type DeliverOptions } from './send/deliver.ts';

/** A callback that was sent, or got lost on its way. */
export interface Sent {
  /** The place of its step in the run, from 0. */
  readonly step: number;
  /** The run, from 0. */
  readonly run: number;
  readonly stage: string;
  readonly status: string;
  readonly body: string;
  /** The gateway's word: recorded, repeated, late, quarantined; null where it was lost. */
  readonly outcome: string | null;
}

/**
 * One person's connection to a bank that is driven by hand, act by act, as a page with buttons does. Acts happen one after
 * another, also where they are not awaited. Each gives what was sent, in its order; nothing where the run is over.
 */
export interface DrivenConnection {
  readonly subject: SessionSubject;
  /** Steps of the run that were not sent yet. */
  left(): number;
  /** Sends the next callback. */
  next(): Promise<readonly Sent[]>;
  /** Sends a callback again: the same bytes. */
  again(sent: Pick<Sent, 'step' | 'run'>): Promise<readonly Sent[]>;
  /** Sends the next two callbacks in the wrong order. */
  reorder(): Promise<readonly Sent[]>;
  /** Loses the next callback. */
  lose(): Promise<readonly Sent[]>;
  /** Begins the bank's run again, after the quiet time, and sends its first callback. */
  restart(): Promise<readonly Sent[]>;
}

export interface ConnectionOptions extends DeliverOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Distinguishes the connections of one scenario and seed, from 0. */
  readonly number: number;
  /** The gateway's RESTART_QUIET_MS. */
  readonly restartQuietMs: number;
}

/** @throws RangeError where the subject of this number is a payment */
export function createConnection(options: ConnectionOptions): DrivenConnection {
  const found = createSubjects(options.seed, [options.scenario], options.number + 1).at(-1);
  if (found?.kind !== 'session')
    throw new RangeError(`${options.scenario.name} gives no session ${options.number}`);
  const subject = found;
  const { steps } = subject.part;
  const deliver = createDeliver(options);
  let run = 0;
  let place = 0;
  let answeredAt = Number.NEGATIVE_INFINITY;
  let before: Promise<unknown> = Promise.resolve();

  /** The next step, if there is one. */
  const take = (): number => (place < steps.length ? place++ : place);

  async function send(step: number, of: number, how: 'sent' | 'lost' = 'sent'): Promise<readonly Sent[]> {
    const { stage, status } = steps[step] ?? {};
    if (stage === undefined || status === undefined) return [];
    const body = bodyOf(subject, step);
    const sent = { step, run: of, stage, status, body };
    if (how === 'lost') return [{ ...sent, outcome: null }];
    const { outcome } = await deliver({ id: `msg_${subject.id}-${of}-${step}`, body });
    answeredAt = performance.now();
    return [{ ...sent, outcome }];
  }

  const inTurn = (act: () => Promise<readonly Sent[]>): Promise<readonly Sent[]> => {
    const acted = before.then(act);
    before = acted.catch(() => {});
    return acted;
  };

  return {
    subject,
    left: () => steps.length - place,
    next: () => inTurn(() => send(take(), run)),
    again: ({ step, run: of }) => inTurn(() => send(step, of)),
    lose: () => inTurn(() => send(take(), run, 'lost')),
    reorder: () =>
      inTurn(async () => {
        const [first, second] = [take(), take()];
        const overtaking = await send(second, run);
        return first === second ? overtaking : [...overtaking, ...(await send(first, run))];
      }),
    restart: () =>
      inTurn(async () => {
        await setTimeout(Math.max(0, answeredAt + options.restartQuietMs - performance.now()), undefined, {
          signal: options.signal,
        });
        run += 1;
        place = 1;
        return send(0, run);
      }),
  };
}
