import type { Named } from '../domain/catch-up.ts';
import type { JournalEntry } from '../domain/journal/entry.ts';
import { PAYMENT } from '../domain/payment/subject.ts';
import type { Stalled } from '../domain/session/silence.ts';
import { SESSION } from '../domain/session/subject.ts';
import type { Owner, State, Subject, SubjectName } from '../domain/subject.ts';

/** What a subscription follows. Ids come from clients, so the part before the slash decides what a topic is. */
export type Topic =
  | 'journal'
  | `${SubjectName}s`
  | `${SubjectName}/${string}`
  | `${SubjectName}-external/${string}`
  | `${SubjectName}s-of/${string}`;

/** The topic of one state, by the aggregator's id or by the external id. */
export function topicOfOne(subject: SubjectName, named: Named): Topic {
  return 'id' in named ? `${subject}/${named.id}` : `${subject}-external/${named.externalId}`;
}

/** The topic of everybody's states, or of one user's. */
export function topicOfMany(subject: SubjectName, owner: Owner): Topic {
  return owner === null ? `${subject}s` : `${subject}s-of/${owner}`;
}

/** Each topic that an entry is published on. A subscription follows one topic, so it never receives an entry twice. */
export function topicsOf({ change }: JournalEntry): Topic[] {
  const topics: Topic[] = ['journal'];
  if (change?.of === 'session') addTopics(topics, SESSION, change.after);
  if (change?.of === 'payment') addTopics(topics, PAYMENT, change.after);
  return topics;
}

/** Each topic that a stalled session is published on. */
export function topicsOfStalled({ stalled }: Stalled): Topic[] {
  const topics: Topic[] = [];
  addTopics(topics, SESSION, stalled);
  return topics;
}

function addTopics<S extends State>(topics: Topic[], subject: Subject<S>, state: S): void {
  const { name } = subject;
  const owner = subject.ownerOf(state);
  topics.push(topicOfMany(name, null), `${name}/${subject.idOf(state)}`);
  if (state.externalId !== null) topics.push(`${name}-external/${state.externalId}`);
  if (owner !== null) topics.push(topicOfMany(name, owner));
}
