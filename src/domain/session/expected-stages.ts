import { STAGE_NAMES, type StageName } from '../words.ts';

/** EXPECTED_STAGES where nobody has set others. */
export const DEFAULT_EXPECTED_STAGES = ['AUTHENTICATION', 'ACCOUNTS', 'TRANSACTIONS'] as const;

/** As the store's row holds them: comma-separated, in the order of the road. */
export function formatStages(stages: readonly StageName[]): string {
  return STAGE_NAMES.filter((name) => stages.includes(name)).join(',');
}

/** The other way. Empty before a gateway was first started; a stage that only a newer version knows is left out. */
export function parseStages(text: string): readonly StageName[] {
  if (text === '') return DEFAULT_EXPECTED_STAGES;
  const named = text.split(',');
  return STAGE_NAMES.filter((name) => named.includes(name));
}
