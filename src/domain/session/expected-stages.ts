import { STAGE_NAMES, type StageName } from '../words.ts';

/** EXPECTED_STAGES where they are not set. */
export const DEFAULT_EXPECTED_STAGES = ['AUTHENTICATION', 'ACCOUNTS', 'TRANSACTIONS'] as const;

/** The text in the store's row: comma-separated, in the order of the stages. */
export function formatStages(stages: readonly StageName[]): string {
  return STAGE_NAMES.filter((name) => stages.includes(name)).join(',');
}

/** Parses that text, which is empty before the first start. A stage that only a newer version knows is left out. */
export function parseStages(text: string): readonly StageName[] {
  if (text === '') return DEFAULT_EXPECTED_STAGES;
  const named = text.split(',');
  return STAGE_NAMES.filter((name) => named.includes(name));
}
