import type { Viewer } from '../../domain/viewer.ts';
import { payments, sessions } from '../schema.ts';
import { type Condition, equals, NOTHING } from './conditions.ts';

/** Whose rows a read may find: everybody's (null) or one owner's. */
export type Owner = string | null;

/** The user whose sessions the viewer may see: null where everybody's, undefined where nobody's. */
export function sessionOwner(viewer: Viewer): Owner | undefined {
  return viewer.isOperator ? null : (viewer.userId ?? undefined);
}

/** The same of payments. */
export function paymentOwner(viewer: Viewer): Owner | undefined {
  return viewer.isOperator ? null : (viewer.paymentUserId ?? undefined);
}

/** What restricts a list of sessions to the viewer's. Source: DESIGN §8. */
export function sessionScope(viewer: Viewer): Condition[] {
  const owner = sessionOwner(viewer);
  return owner === undefined ? [NOTHING] : equals('viewer', sessions.userId, owner);
}

/** What restricts a list of payments to the viewer's. */
export function paymentScope(viewer: Viewer): Condition[] {
  const owner = paymentOwner(viewer);
  return owner === undefined ? [NOTHING] : equals('viewer', payments.userExternalId, owner);
}

/** The journal is the operators' alone. */
export function callbackScope(viewer: Viewer): Condition[] {
  return viewer.isOperator ? [] : [NOTHING];
}
