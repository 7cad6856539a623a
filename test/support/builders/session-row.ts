import type { SessionRow } from '../../../src/db/tables/rows.ts';
import { writeStages } from '../../../src/db/tables/stored-stages.ts';
import type { Session } from '../../../src/domain/session/session.ts';

/** A session as a row of its table. */
export const sessionRow = (session: Session): SessionRow => ({
  ...session,
  stages: JSON.parse(writeStages(session.stages)),
});
