import { bodyOf } from './bodies.ts';
import { disturb, type Sending } from './disturb.ts';
import { createHistory } from './history.ts';
import { createOptions, type SimulationOptions } from './options.ts';
import { createProfile, type Profile } from './profile.ts';
import { createRandom } from './random.ts';
import type { Report } from './report.ts';
import type { Run } from './run.ts';
import { type Truth, truthOf } from './truth.ts';

/** A callback as the system under judgement receives it. */
export interface Delivery {
  /** Milliseconds of virtual time. */
  readonly at: number;
  readonly body: Uint8Array;
}

/** A session of which everything is known: what happened, what was sent of it, and what arrived. */
export interface SimulatedSession {
  readonly sessionId: string;
  readonly profile: Profile;
  readonly runs: readonly Run[];
  /** What is true at the end of each run; the last one is the truth of the session. */
  readonly truths: readonly Truth[];
  readonly truth: Truth;
  /** In the order of their arrival, the lost ones included. */
  readonly sendings: readonly Sending[];
  bodyOf(report: Report): Uint8Array;
}

/** Streams of draws, so that other pauses change nothing of what happens, and more loss nothing of when. */
const STREAMS = { profile: 1, fates: 2, disturbances: 3, times: 4 } as const;

/**
 * Sessions numbered from 0, each with a true end. The same seed and options give the same bytes, and a session is
 * the same however many others there are.
 */
export function createSessions(
  seed: number,
  count: number,
  given: Partial<SimulationOptions> = {},
): readonly SimulatedSession[] {
  const options = createOptions(given);
  return Array.from({ length: count }, (_, number) => {
    const profile = createProfile(createRandom(seed, number, STREAMS.profile), options, seed, number);
    const fates = createRandom(seed, number, STREAMS.fates);
    const beginsAt = Math.floor(fates.between(0, options.beginWithin));
    const times = (run: number) => createRandom(seed, number, STREAMS.times, run);
    const runs = createHistory({ fates, times }, options, profile, beginsAt);
    const reports = runs.flatMap((run) => run.reports);
    const sendings = disturb(createRandom(seed, number, STREAMS.disturbances), options, reports);
    return createSession(profile, runs, sendings);
  });
}

/** A session of given parts, for those that are made by hand. */
export function createSession(
  profile: Profile,
  runs: readonly Run[],
  sendings: readonly Sending[],
): SimulatedSession {
  const truths = runs.map(truthOf);
  const truth = truths.at(-1);
  if (!truth) throw new RangeError('a session has at least one run');
  const bodies = new Map<Report, Uint8Array>();
  return {
    sessionId: profile.sessionId,
    profile,
    runs,
    truths,
    truth,
    sendings,
    bodyOf: (report) => {
      const body = bodies.get(report) ?? bodyOf(profile, report);
      bodies.set(report, body);
      return body;
    },
  };
}
