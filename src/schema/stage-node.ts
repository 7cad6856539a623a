import type { Session } from '../domain/session/session.ts';
import { type StageView, stageView } from '../domain/session/stage-view.ts';
import type { StageName } from '../domain/words.ts';

/** One stage of a session as it is shown, with the session it is read from. */
export interface StageNode {
  readonly session: Session;
  readonly view: StageView;
}

export function stageNode(session: Session, name: StageName): StageNode {
  return { session, view: stageView(session, name) };
}
