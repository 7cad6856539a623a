import { createRandom, type Random } from './random.ts';
import type { Profile, Report, Session } from './session.ts';

/** One arrival of a report. */
export interface Delivery {
  at: number;
  report: Report;
}

/**
 * What arrives of a session, in the order of arrival. Each delivery, a duplicate too, is lost or held up by
 * itself; a duplicate is sent so long after the report, not after its first arrival. One that is not held up
 * arrives at once.
 */
export function deliver(session: Session, seed: number, profile: Profile): Delivery[] {
  const random = createRandom(`${seed}/${session.id}/deliveries`);
  const deliveries: Delivery[] = [];
  for (const report of session.reports) {
    const sentAt = [report.at];
    const repeatedAfter = repetition(random);
    if (random.chance(0.2)) sentAt.push(report.at + repeatedAfter);
    for (const sent of sentAt) {
      const lost = random.chance(profile.lost);
      const held = random.chance(0.2);
      const delay = Math.round(random.between(0, 8_000));
      if (!lost) deliveries.push({ at: sent + (held ? delay : 0), report });
    }
  }
  return deliveries.sort((a, b) => a.at - b.at);
}

/** Milliseconds: half within 2 s, 30 % at 2–30 s, 20 % at 30–300 s. */
function repetition(random: Random): number {
  const draw = random.between(0, 1);
  const part = random.between(0, 1);
  const [from, to] = draw < 0.5 ? [0, 2] : draw < 0.8 ? [2, 30] : [30, 300];
  return Math.round((from + part * (to - from)) * 1_000);
}
