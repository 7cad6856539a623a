import type { Acknowledged, History, Message, Restore, State, StoreAtEnd, Subscription } from './history.ts';

/** A subscription's messages in short, to look into a violation. */
export const messagesInShort = ({ name, messages }: Subscription): string =>
  `${name}: ${messages
    .map(({ at, position, recovered, isSnapshot, state }) =>
      [
        `${Math.round(at)}ms@${position}`,
        recovered ? '' : ' not recovered',
        isSnapshot ? ' snapshot' : '',
        state === null ? '' : ` ${state.id} v${state.version}`,
      ].join(''),
    )
    .join(' | ')}`;

/** What names a person of a schedule, wherever it stands: in ids of users, sessions and payments. */
const NAMES = /\b(?:anna|berta)-\d+\b/g;

/**
 * What a history shows that was promised not to happen, in words; empty where it is as promised. It knows nothing of
 * how a gateway works: only what was sent, answered, received, and what the store holds in the end.
 */
export function violationsOf(history: History): string[] {
  return [
    ...journalViolations(history),
    ...history.subscriptions.flatMap((subscription) => [
      ...orderViolations(subscription, history.restore),
      ...lossViolations(subscription, history.restore),
      ...endViolations(subscription, history.end),
    ]),
    ...foreignViolations(history),
  ];
}

/** Nothing acknowledged lost except by the restore, nothing twice, no gap, and no restart by a clock. */
function journalViolations({ acknowledged, restore, end }: History): string[] {
  const found: string[] = [];
  const positions = new Map<number, number>();
  for (const [index, { position, mark, attempt }] of end.rows.entries()) {
    if (position !== index + 1) found.push(`the journal has position ${position} as its row ${index + 1}`);
    if (attempt > 1) found.push(`row ${position} is of attempt ${attempt}`);
    if (mark === null) continue;
    if (positions.has(mark)) found.push(`callback ${mark} is recorded twice`);
    positions.set(mark, position);
  }
  if (end.position !== end.rows.length)
    found.push(`the store says ${end.position} of ${end.rows.length} rows`);
  for (const one of acknowledged) {
    if (restore !== null && mayBeUndone(one, restore)) continue;
    const position = positions.get(one.mark);
    if (position === undefined) found.push(`callback ${one.mark} was answered 200 and is lost`);
    else if (one.position !== null && position !== one.position)
      found.push(`callback ${one.mark} was answered ${one.position} and is at ${position}`);
  }
  return found;
}

const mayBeUndone = ({ sentAt, answeredAt }: Acknowledged, { saveBegan, ended }: Restore): boolean =>
  answeredAt > saveBegan && sentAt < ended;

/** Cursors and versions rise except where `recovered: false` says that they may not; the log has no gap. */
function orderViolations({ name, of, messages }: Subscription, restore: Restore | null): string[] {
  const found: string[] = [];
  let versions = new Map<string, number>();
  for (const [index, message] of messages.entries()) {
    const { position, state, recovered, isSnapshot } = message;
    const previous = messages[index - 1];
    const beginsAgain = previous === undefined || !recovered;
    if (!recovered && (restore === null || message.at < restore.began))
      found.push(`${name} begins again at ${position} though nothing was put back`);
    if (of !== 'log' && isSnapshot !== beginsAgain)
      found.push(`${name} has ${isSnapshot ? 'a' : 'no'} snapshot as its message ${index + 1}`);
    if (beginsAgain) versions = new Map();
    else if (position <= previous.position)
      found.push(`${name} receives ${position} after ${previous.position}`);
    else if (of === 'log' && (message.row !== position || position !== previous.position + 1))
      found.push(`${name} receives row ${message.row} at ${position} after ${previous.position}`);
    if (state === null) continue;
    const known = versions.get(keyOf(state)) ?? 0;
    if (state.version <= known)
      found.push(`${name} receives version ${state.version} of ${state.id} after ${known}`);
    versions.set(keyOf(state), state.version);
  }
  return found;
}

/** A subscription that held what the restore undid was sent `recovered: false`. */
function lossViolations({ name, messages }: Subscription, restore: Restore | null): string[] {
  if (restore === null) return [];
  const held = messages.findLast(({ at }) => at < restore.began);
  if (held === undefined || held.position <= restore.keptPosition) return [];
  if (messages.some(({ at, recovered }) => at > restore.began && !recovered)) return [];
  return [`${name} held ${held.position}, put back to ${restore.keptPosition}, and is not sent so`];
}

/** What a subscription received last of each session is what the store holds, and it received each that changed. */
function endViolations(subscription: Subscription, end: StoreAtEnd): string[] {
  const { name, of, person, sessionId, messages } = subscription;
  const from = messages.findLastIndex(({ recovered }, index) => index === 0 || !recovered);
  const opening = messages[from];
  const last = messages.at(-1);
  if (opening === undefined || last === undefined) return [`${name} receives nothing`];
  if (of === 'log')
    return last.position === end.position ? [] : [`${name} ends at ${last.position}, not at ${end.position}`];
  const held = statesOf(messages.slice(from));
  const found: string[] = [];
  for (const state of end.states) {
    const isAsked =
      state.of === (of === 'payments' ? 'payment' : 'session') &&
      (person === null || state.person === person) &&
      (sessionId === null || state.id === sessionId);
    const last = held.get(keyOf(state));
    held.delete(keyOf(state));
    if (!isAsked && last !== undefined) found.push(`${name} receives ${state.id}, which it did not request`);
    if (!isAsked || (last === undefined && state.position <= opening.position && sessionId === null))
      continue;
    if (last?.version !== state.version || last.shown !== state.shown)
      found.push(`${name} holds ${shown(last)} of ${state.id}, the store ${shown(state)}`);
  }
  for (const state of held.values()) found.push(`${name} holds ${state.id}, which the store has not`);
  return found;
}

const shown = (state: State | undefined): string =>
  state === undefined ? 'nothing' : `version ${state.version} (${state.shown})`;

const keyOf = ({ of, id }: State): string => `${of} ${id}`;

const statesOf = (messages: readonly Message[]): Map<string, State> =>
  new Map(messages.flatMap(({ state }) => (state === null ? [] : [[keyOf(state), state]])));

/** Nobody is sent a word of another's. */
function foreignViolations({ subscriptions, answered }: History): string[] {
  const received = [
    ...subscriptions.flatMap(({ name, person, messages }) =>
      messages.map(({ text }) => ({ person, text, where: name })),
    ),
    ...answered.map(({ person, text }) => ({ person, text, where: 'an answer' })),
  ];
  return received.flatMap(({ person, text, where }) => {
    const other = person === null ? undefined : text.match(NAMES)?.find((name) => name !== person);
    return other === undefined ? [] : [`${where} of ${person} names ${other}: ${text.slice(0, 500)}`];
  });
}
