/** How much a store holds, and how many subscriptions are open, while each part is measured. */
export interface Size {
  readonly name: string;
  readonly sessions: number;
  readonly subscriptions: number;
}

export const SIZES: readonly Size[] = [
  { name: '1k', sessions: 1_000, subscriptions: 1_000 },
  { name: '10k', sessions: 10_000, subscriptions: 5_000 },
  { name: '100k', sessions: 100_000, subscriptions: 10_000 },
];

/** Ids of the stored sessions have six digits: see test/support/builders/fill-store.ts. */
const MAX_SESSIONS = 999_999;
/** A page of a bank has 20 sessions, and there are 50 banks. */
const MIN_SESSIONS = 1_000;

/** Reads a name of SIZES, or `SESSIONS/SUBSCRIPTIONS`. Null where it is neither. */
export function readSize(text: string): Size | null {
  const named = SIZES.find(({ name }) => name === text);
  if (named !== undefined) return named;
  const [, sessions, subscriptions] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const size = { name: text, sessions: Number(sessions), subscriptions: Number(subscriptions) };
  const isAllowed = size.sessions >= MIN_SESSIONS && size.sessions <= MAX_SESSIONS && size.subscriptions > 0;
  return isAllowed ? size : null;
}
