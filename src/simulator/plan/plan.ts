import type { Faults, Pause, Scenario } from '../scenario/scenario.ts';
import { createRandom, type Random } from './random.ts';
import { createSubjects, type Subject } from './subject.ts';

/** Why a callback is sent: `duplicate` follows within seconds, `late` after the quiet time. */
export const DELIVERY_KINDS = ['original', 'duplicate', 'late'] as const;
export type DeliveryKind = (typeof DELIVERY_KINDS)[number];

/** One sending of the callback of a step, whether or not it arrives. */
export interface Delivery {
  readonly subject: Subject;
  /** The place of the step. */
  readonly step: number;
  /** The run of the step, from 0: steps with `restart` begin another. */
  readonly run: number;
  readonly kind: DeliveryKind;
  /** Milliseconds of virtual time from the beginning. */
  readonly at: number;
  readonly isLost: boolean;
  /** The quiet time passes between this delivery and the sending of this one. */
  readonly quietSince: Delivery | null;
}

/** Everything that will be sent, in its order. */
export interface Plan {
  readonly subjects: readonly Subject[];
  readonly deliveries: readonly Delivery[];
}

export interface PlanOptions {
  readonly scenarios: readonly Scenario[];
  readonly seed: number;
  /** How many sessions and payments. */
  readonly sessions: number;
  /** Shares that take the place of those of the scenarios. */
  readonly faults?: Faults;
  /** The gateway's RESTART_QUIET_MS. */
  readonly restartQuietMs: number;
}

const DEFAULT_PAUSE = [300, 3_000] as const;
/** Subjects begin this many milliseconds apart, on average. */
const SPACING_MS = 500;
const MAX_DELAY_MS = 8_000;
const DUPLICATE_WITHIN_MS = [2_000, 20_000] as const;
/** The shortest virtual time before a late duplicate, so that it comes after its session went on. */
const LATE_MS = 30_000;

/**
 * Plans what is sent. The same options give the same deliveries, with the same bytes in the same order, and a subject is
 * disturbed in the same way however many others there are.
 */
export function createPlan({ scenarios, seed, sessions, faults, restartQuietMs }: PlanOptions): Plan {
  const subjects = createSubjects(seed, scenarios, sessions);
  const faultsOf = new Map(scenarios.map((scenario) => [scenario.name, { ...scenario.faults, ...faults }]));
  const deliveries = subjects.flatMap((subject) =>
    deliveriesOf(subject, {
      times: createRandom(seed, subject.id, 'times'),
      random: createRandom(seed, subject.id, 'faults'),
      beginsAt: createRandom(seed, subject.id, 'begin').between(0, sessions * SPACING_MS),
      faults: faultsOf.get(subject.scenario) ?? {},
      restartQuietMs,
    }),
  );
  return { subjects, deliveries: deliveries.sort(byTime) };
}

/** Stable, and subjects do not begin at the same moment: the order is the same everywhere. */
function byTime(a: Delivery, b: Delivery): number {
  return a.at - b.at || a.subject.number - b.subject.number;
}

interface Disturbance {
  readonly times: Random;
  readonly random: Random;
  readonly beginsAt: number;
  readonly faults: Faults;
  readonly restartQuietMs: number;
}

/** Nothing but a late duplicate passes the beginning of the next run. */
function deliveriesOf(subject: Subject, options: Disturbance): readonly Delivery[] {
  const { times, random, faults, restartQuietMs } = options;
  const deliveries: Delivery[] = [];
  let now = options.beginsAt;
  let run = 0;
  let last: Delivery | null = null;
  let quietSince: Delivery | null = null;
  for (const [place, step] of subject.part.steps.entries()) {
    const pause = drawPause(times, step.pause);
    const isRestart = 'restart' in step && step.restart === true;
    if (isRestart && place > 0) {
      run += 1;
      now = Math.max(now, last?.at ?? 0) + Math.max(pause, restartQuietMs);
      quietSince = last;
    } else if (place > 0) {
      now += pause;
    }
    const draws = drawFaults(random, faults, restartQuietMs);
    const base = { subject, step: place, run };
    const original: Delivery = {
      ...base,
      ...{ kind: 'original', isLost: draws.isLost, quietSince },
      at: now + (isRestart ? 0 : draws.delay),
    };
    deliveries.push(original);
    last = laterOf(last, original);
    if (draws.duplicateAfter !== null) {
      const at = original.at + draws.duplicateAfter;
      const duplicate: Delivery = {
        ...base,
        kind: 'duplicate',
        at,
        isLost: draws.isDuplicateLost,
        quietSince,
      };
      deliveries.push(duplicate);
      last = laterOf(last, duplicate);
    }
    if (draws.lateAfter !== null) {
      const at = original.at + draws.lateAfter;
      deliveries.push({ ...base, kind: 'late', at, isLost: draws.isLateLost, quietSince: original });
    }
  }
  return deliveries;
}

function laterOf(one: Delivery | null, other: Delivery): Delivery {
  return one !== null && one.at > other.at ? one : other;
}

function drawPause(random: Random, pause: Pause | undefined): number {
  const [from, to] = typeof pause === 'number' ? [pause, pause] : (pause ?? DEFAULT_PAUSE);
  return Math.round(random.between(from, to));
}

/** The number of draws is the same whatever the shares are: with more loss the same deliveries are lost and some more. */
function drawFaults(random: Random, faults: Faults, restartQuietMs: number) {
  const { duplicates = 0, late = 0, reorder = 0, drop = 0 } = faults;
  const isDelayed = random.chance(reorder);
  const delay = Math.round(random.between(0, MAX_DELAY_MS));
  const isDuplicated = random.chance(duplicates);
  const duplicateAfter = Math.round(random.between(0, random.pick(DUPLICATE_WITHIN_MS)));
  const isLate = random.chance(late);
  const lateAfter = Math.round(Math.max(restartQuietMs, LATE_MS) * random.between(1, 2));
  return {
    delay: isDelayed ? delay : 0,
    duplicateAfter: isDuplicated ? duplicateAfter : null,
    lateAfter: isLate ? lateAfter : null,
    isLost: random.chance(drop),
    isDuplicateLost: random.chance(drop),
    isLateLost: random.chance(drop),
  };
}
