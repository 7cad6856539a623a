import { formatStages, parseStages } from '../../domain/session/expected-stages.ts';
import type { StageName } from '../../domain/words.ts';
import type { Logger } from '../../logger.ts';
import type { Store } from '../store.ts';
import type { StagesInStore } from '../tables/stages-in-store.ts';
import { finishOutcomes, settleOutcomes } from './recompute-outcomes.ts';

/** A recomputation without progress for this long counts as abandoned by its instance, in milliseconds. */
const ABANDONED_AFTER_MS = 2_000;

/** The stages that this deployment expects: those in the store's row, not those this instance was started with. */
export interface ExpectedStages {
  /** As the row was read last: less than a second ago where other instances write too. */
  readonly current: readonly StageName[];
  /** Called with the store's row each time it was read. */
  see(row: StagesInStore): void;
  /** Stops recomputing after the current transaction; other instances finish it. */
  close(): Promise<void>;
}

export interface ExpectedStagesOptions {
  readonly store: Store;
  /** EXPECTED_STAGES of this instance, which apply to all instances from its start on. */
  readonly wanted: readonly StageName[];
  readonly log: Logger;
}

/**
 * Writes this instance's EXPECTED_STAGES to the store, and resolves when every stored outcome was computed by them.
 * From then on it follows the store's row: another instance may be started with other stages. It finishes a
 * recomputation that another instance began and abandoned.
 */
export async function createExpectedStages({
  store,
  wanted,
  log,
}: ExpectedStagesOptions): Promise<ExpectedStages> {
  let text = formatStages(wanted);
  let current: readonly StageName[] = wanted;
  let waitsAt: string | null = null;
  let waitsSince = 0;
  let finishing: Promise<void> | null = null;
  let closed = false;

  const differed = await settleOutcomes(store, wanted);
  if (differed > 0) log.info({ sessions: differed, expectedStages: text }, 'outcomes follow EXPECTED_STAGES');

  /** Failures are logged; the rest is tried again when the row is next read. */
  async function finish(): Promise<void> {
    try {
      const sessions = await finishOutcomes(store, () => closed);
      log.info(
        { sessions, expectedStages: text },
        'finished what another instance had begun: outcomes follow EXPECTED_STAGES',
      );
    } catch (err) {
      log.warn({ err }, 'outcomes do not all follow EXPECTED_STAGES yet: trying again');
    } finally {
      finishing = null;
      waitsAt = null;
    }
  }

  return {
    get current() {
      return current;
    },
    see({ expectedStages: stored, recomputedTo }) {
      const stages = parseStages(stored);
      const expectedStages = formatStages(stages);
      if (expectedStages !== text) {
        text = expectedStages;
        current = stages;
        log.warn(
          { expectedStages, configured: formatStages(wanted) },
          'another instance was started with other EXPECTED_STAGES: from now on they are those of all instances',
        );
      }
      if (recomputedTo === null || recomputedTo !== waitsAt) {
        waitsAt = recomputedTo;
        waitsSince = performance.now();
      } else if (performance.now() - waitsSince > ABANDONED_AFTER_MS && !closed) {
        finishing ??= finish();
      }
    },
    async close() {
      closed = true;
      await finishing;
    },
  };
}
