import type { Delivery, Plan } from '../plan/plan.ts';
import type { Subject } from '../plan/subject.ts';
import { compare, type Difference } from './compare.ts';
import type { Shown } from './read-states.ts';

/** A session or payment that is not as expected. */
export interface Different {
  readonly kind: Subject['kind'];
  readonly scenario: string;
  readonly id: string;
  readonly differences: readonly Difference[];
}

/** What came of everything that was played. */
export interface Verdict {
  /** Played to the end, and compared. */
  readonly compared: number;
  readonly right: number;
  /** Not played to the end, because it was stopped. */
  readonly unfinished: number;
  /** Wrong, and nothing explains it. Any makes the simulation fail. */
  readonly different: readonly Different[];
  /** Different, and a callback of it never arrived. */
  readonly undelivered: readonly Different[];
  /** Different, and a late duplicate of it is byte for byte what a restart sends. */
  readonly unknowable: readonly Different[];
}

/** Of those that no rule can know: one, or this share. More of them are differences. */
const UNKNOWABLE_SHARE = 0.05;

/** What was played. */
export interface Played {
  /** The deliveries whose moment came, and when each was answered, or lost, in milliseconds of one clock. */
  readonly at: ReadonlyMap<Delivery, number>;
  /** The gateway's RESTART_QUIET_MS. */
  readonly restartQuietMs: number;
}

/** Judges what the gateway shows of what was played. */
export function judge(
  { subjects, deliveries }: Plan,
  played: Played,
  shown: ReadonlyMap<Subject, Shown>,
): Verdict {
  const bySubject = new Map<Subject, Delivery[]>(subjects.map((subject) => [subject, []]));
  for (const delivery of deliveries) bySubject.get(delivery.subject)?.push(delivery);

  let compared = 0;
  let unfinished = 0;
  const different: Different[] = [];
  const undelivered: Different[] = [];
  const unknowable: Different[] = [];
  for (const [subject, own] of bySubject) {
    if (!own.every((delivery) => played.at.has(delivery))) {
      unfinished += 1;
      continue;
    }
    compared += 1;
    const differences = compare(subject, shown.get(subject));
    if (differences.length === 0) continue;
    const list = isLost(subject, own) ? undelivered : isAmbiguous(own, played) ? unknowable : different;
    list.push({ kind: subject.kind, scenario: subject.scenario, id: subject.id, differences });
  }
  const allowed = Math.max(1, Math.floor(compared * UNKNOWABLE_SHARE));
  const wrong = different.length + undelivered.length + unknowable.length;
  return {
    ...{ compared, unfinished, undelivered, right: compared - wrong },
    different: [...different, ...unknowable.slice(allowed)],
    unknowable: unknowable.slice(0, allowed),
  };
}

/** Whether the callback of a step never arrived. */
function isLost({ part: { steps } }: Subject, deliveries: readonly Delivery[]): boolean {
  const arrived = new Set(deliveries.filter((one) => !one.isLost).map((one) => one.step));
  return arrived.size < steps.length;
}

/**
 * Whether something that arrived can be the beginning or the end of another run as well: an Initiated that came again
 * after its stage had ended, one that was overtaken and came after the quiet time (others hold it back: see play.ts), or
 * what an earlier run sent, after the next had begun. `deliveries` are in their order.
 */
function isAmbiguous(deliveries: readonly Delivery[], { at, restartQuietMs }: Played): boolean {
  const endedAt = new Map<string, number>();
  let run = 0;
  for (const delivery of deliveries) {
    const { subject, step: place, isLost, kind } = delivery;
    const step = subject.kind === 'session' ? subject.part.steps[place] : undefined;
    if (isLost || step === undefined) continue;
    if (delivery.run < run) return true;
    run = delivery.run;
    const now = at.get(delivery) ?? 0;
    const end = endedAt.get(step.stage);
    const isRestart = 'restart' in step && step.restart === true;
    if (step.status === 'Initiated' && end !== undefined) {
      if (kind !== 'original' || (!isRestart && now - end >= restartQuietMs)) return true;
    }
    if (step.status !== 'Initiated' && step.status !== 'InProgress') endedAt.set(step.stage, now);
  }
  return false;
}
