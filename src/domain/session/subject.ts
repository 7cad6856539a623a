import type { Subject } from '../subject.ts';
import type { Session } from './session.ts';
import { stallsAt } from './silence.ts';

/** Sessions, as any subject is read and published. */
export const SESSION: Subject<Session> = {
  name: 'session',
  idOf: ({ sessionId }) => sessionId,
  ownerOf: ({ userId }) => userId,
  userOf: ({ userId }) => userId,
  changeOf: ({ change }) => (change?.of === 'session' ? change : null),
  stalledOf: ({ stalled }) => stalled,
  stallsAt,
};
