import { describe, expect, it } from 'vitest';
import type { History, Message, State, Subscription } from '../support/schedules/history.ts';
import { violationsOf } from '../support/schedules/violations.ts';

const session = (id: string, version: number): State => ({
  ...{ of: 'session', id, version, shown: `as of ${version}` },
});

const ANNA = 'anna-1-s0';
const BERTA = 'berta-1-s0';

let clock = 0;
const message = (position: number, state: State | null, fields: Partial<Message> = {}): Message => ({
  ...{
    at: ++clock,
    position,
    recovered: true,
    isSnapshot: false,
    state,
    row: null,
    text: JSON.stringify(state),
  },
  ...fields,
});
const opening = (position: number, fields: Partial<Message> = {}) =>
  message(position, null, { isSnapshot: true, ...fields });
const restart = (position: number, fields: Partial<Message> = {}) =>
  opening(position, { recovered: false, ...fields });
const row = (position: number) => message(position, null, { row: position });

const sessions = (...messages: readonly Message[]): Subscription => ({
  ...{ name: 'sessions', of: 'sessions', sessionId: null, person: 'anna-1', messages },
});
const log = (...messages: readonly Message[]): Subscription => ({
  ...{ name: 'log', of: 'log', sessionId: null, person: null, messages },
});

/** Three callbacks: two of anna's session, one of berta's. */
const good = (): History => ({
  acknowledged: [1, 2, 3].map((mark) => ({ mark, position: mark, sentAt: mark, answeredAt: mark + 0.5 })),
  restore: null,
  subscriptions: [
    sessions(opening(0), message(1, session(ANNA, 1)), message(3, session(ANNA, 2))),
    log(opening(0), row(1), row(2), row(3)),
  ],
  answered: [{ person: 'anna-1', text: ANNA }],
  end: {
    position: 3,
    rows: [1, 2, 3].map((position) => ({ position, mark: position, attempt: 1 })),
    states: [
      { ...session(ANNA, 2), position: 3, person: 'anna-1' },
      { ...session(BERTA, 1), position: 2, person: 'berta-1' },
    ],
  },
});

/** The same put back to position 1 after all three, and one more callback of anna's session since. */
function putBack(): History {
  clock = 0;
  const [sentBefore, readBefore] = [
    [opening(0), message(1, session(ANNA, 1)), message(3, session(ANNA, 2))],
    [opening(0), row(1), row(2), row(3)],
  ];
  const restore = { keptPosition: 1, saveBegan: 1.7, began: 100, ended: 110 };
  clock = 120;
  return {
    ...good(),
    acknowledged: [...good().acknowledged, { mark: 4, position: 2, sentAt: 150, answeredAt: 151 }],
    restore,
    subscriptions: [
      sessions(...sentBefore, restart(1), message(2, session(ANNA, 2))),
      log(...readBefore, restart(1), row(2)),
    ],
    end: {
      position: 2,
      rows: [
        { position: 1, mark: 1, attempt: 1 },
        { position: 2, mark: 4, attempt: 1 },
      ],
      states: [{ ...session(ANNA, 2), position: 2, person: 'anna-1' }],
    },
  };
}

const withEnd = (history: History, end: Partial<History['end']>): History => ({
  ...history,
  end: { ...history.end, ...end },
});
const withSubscriptions = (history: History, ...subscriptions: readonly Subscription[]): History => ({
  ...history,
  subscriptions,
});

describe('the checker of histories', () => {
  it('finds nothing in what is as promised, also where the store was put back', () => {
    expect(violationsOf(good())).toEqual([]);
    expect(violationsOf(putBack())).toEqual([]);
  });

  it('finds no fault in one session that another may not see, or that appears later', () => {
    const one = (person: string, ...messages: readonly Message[]): Subscription => ({
      ...{ name: 'one', of: 'session', sessionId: ANNA, person, messages },
    });
    const history = withSubscriptions(
      good(),
      one('berta-1', opening(0)),
      one('anna-1', opening(0), message(1, session(ANNA, 1)), message(3, session(ANNA, 2))),
      one('anna-1', message(3, session(ANNA, 2), { isSnapshot: true })),
    );
    expect(violationsOf(history)).toEqual([]);
  });

  const wrong: readonly (readonly [string, RegExp, () => History])[] = [
    [
      'a callback that was answered 200 and is not in the journal',
      /^callback 4 was answered 200 and is lost$/,
      () => ({
        ...good(),
        acknowledged: [...good().acknowledged, { mark: 4, position: 4, sentAt: 4, answeredAt: 5 }],
      }),
    ],
    [
      'one that was answered before what was put back had been saved',
      /^callback 2 was answered 200 and is lost$/,
      () => ({ ...putBack(), restore: { keptPosition: 1, saveBegan: 2.7, began: 100, ended: 110 } }),
    ],
    [
      'one that was sent after the restore',
      /^callback 4 was answered 200 and is lost$/,
      () =>
        withEnd(putBack(), {
          rows: [1, 2].map((position) => ({ position, mark: 7 - position, attempt: 1 })),
        }),
    ],
    [
      'an answer that names another position',
      /^callback 3 was answered 2 and is at 3$/,
      () => ({ ...good(), acknowledged: [{ mark: 3, position: 2, sentAt: 3, answeredAt: 4 }] }),
    ],
    [
      'a callback that is recorded twice',
      /^callback 1 is recorded twice$/,
      () => withEnd(good(), { rows: [1, 1, 3].map((mark, n) => ({ mark, position: n + 1, attempt: 1 })) }),
    ],
    [
      'a gap in the journal',
      /^the journal has position 3 as its row 2$/,
      () => withEnd(good(), { rows: [1, 3].map((position) => ({ position, mark: position, attempt: 1 })) }),
    ],
    [
      'a store that says another position',
      /^the store says 4 of 3 rows$/,
      () => withEnd(good(), { position: 4 }),
    ],
    [
      'a restart by a clock',
      /^row 2 is of attempt 2$/,
      () =>
        withEnd(good(), { rows: [1, 2, 3].map((n) => ({ position: n, mark: n, attempt: n === 2 ? 2 : 1 })) }),
    ],
    [
      'a cursor that does not rise',
      /^sessions receives 1 after 3$/,
      () =>
        withSubscriptions(
          good(),
          sessions(opening(0), message(3, session(ANNA, 1)), message(1, session(ANNA, 2))),
        ),
    ],
    [
      'a version that falls',
      /^sessions receives version 2 of anna-1-s0 after 3$/,
      () =>
        withSubscriptions(
          good(),
          sessions(opening(0), message(1, session(ANNA, 3)), message(3, session(ANNA, 2))),
        ),
    ],
    [
      'a version that comes twice',
      /^sessions receives version 2 of anna-1-s0 after 2$/,
      () =>
        withSubscriptions(
          good(),
          sessions(opening(0), message(1, session(ANNA, 2)), message(3, session(ANNA, 2))),
        ),
    ],
    [
      'a resumption with a snapshot',
      /^sessions has a snapshot as its message 2$/,
      () =>
        withSubscriptions(good(), sessions(opening(0), message(3, session(ANNA, 2), { isSnapshot: true }))),
    ],
    [
      'an opening without one',
      /^sessions has no snapshot as its message 1$/,
      () => withSubscriptions(good(), sessions(message(3, session(ANNA, 2)))),
    ],
    [
      'a restart without a cause',
      /^sessions begins again at 1 though nothing was put back$/,
      () => withSubscriptions(good(), sessions(opening(0), restart(1), message(3, session(ANNA, 2)))),
    ],
    [
      'a gap in the log',
      /^log receives row 3 at 3 after 1$/,
      () => withSubscriptions(good(), log(opening(0), row(1), row(3))),
    ],
    [
      'a log that ends early',
      /^log ends at 2, not at 3$/,
      () => withSubscriptions(good(), log(opening(0), row(1), row(2))),
    ],
    [
      'a last state that was not sent',
      /^sessions holds version 1 .* of anna-1-s0, the store version 2/,
      () => withSubscriptions(good(), sessions(opening(0), message(1, session(ANNA, 1)))),
    ],
    [
      'a session of which nothing was sent',
      /^sessions holds nothing of anna-1-s0, the store version 2/,
      () => withSubscriptions(good(), sessions(opening(2))),
    ],
    [
      'a last state that is another than the one of its version',
      /^sessions holds version 2 \(other\) of anna-1-s0/,
      () =>
        withSubscriptions(good(), sessions(opening(0), message(3, { ...session(ANNA, 2), shown: 'other' }))),
    ],
    [
      'a subscription without its opening',
      /^sessions receives nothing$/,
      () => withSubscriptions(good(), sessions()),
    ],
    [
      'a loss that is not sent to who held it',
      /^sessions held 3, put back to 1, and is not sent so$/,
      () => {
        const history = putBack();
        const [first] = history.subscriptions;
        return withSubscriptions(history, sessions(...(first?.messages.slice(0, 3) ?? [])));
      },
    ],
    [
      'a session that the store has no more, held after the restore',
      /^sessions holds anna-1-s9, which the store has not$/,
      () => {
        const history = putBack();
        const messages = [
          opening(0),
          restart(1),
          message(2, session(ANNA, 2)),
          message(3, session('anna-1-s9', 1)),
        ];
        return withSubscriptions(history, sessions(...messages));
      },
    ],
    [
      'a message with something of another',
      /^sessions of anna-1 names berta-1/,
      () =>
        withSubscriptions(
          good(),
          sessions(opening(0), message(3, session(ANNA, 2), { text: `{"userId":"berta-1"}` })),
        ),
    ],
    [
      'a subscription that is sent another session than its own',
      /^sessions receives berta-1-s0, which it did not request$/,
      () =>
        withSubscriptions(
          good(),
          sessions(opening(0), message(2, session(BERTA, 1)), message(3, session(ANNA, 2))),
        ),
    ],
    [
      'an answer with something of another',
      /^an answer of anna-1 names berta-1/,
      () => ({ ...good(), answered: [{ person: 'anna-1', text: `{"sessionId":"${BERTA}"}` }] }),
    ],
  ];
  it.each(wrong)('finds %s', (_, violation, history) => {
    expect(violationsOf(history())).toContainEqual(expect.stringMatching(violation));
  });
});
