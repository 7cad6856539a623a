import { describe, expect, it } from 'vitest';
import { PROFILE, runByHand, sessionByHand } from './by-hand.ts';
import { judge } from './judge.ts';
import type { Judged, Shown } from './judged.ts';
import { createSession, createSessions } from './session.ts';
import { timelineOf } from './timeline.ts';
import { verdictOf } from './verdict.ts';

const NO_FLAGS = { stalled: false, restartSuspected: false, conflict: false };

/** A system that shows, after each arrival, the next of these outcomes, and at the end the last one. */
function scripted(outcomes: readonly string[], shown: Partial<Shown> = {}): Judged {
  let received = 0;
  return {
    receive: () => {
      received += 1;
    },
    shown: () => ({
      outcome: outcomes[Math.min(received, outcomes.length) - 1] ?? 'PENDING',
      stage: 'TRANSACTIONS',
      status: 'FINISHED',
      nextAction: null,
      flags: NO_FLAGS,
      ...shown,
    }),
  };
}

const success = runByHand({ kind: 'success' });
const steps = success.reports.length;
const again = runByHand({ kind: 'success' }, { run: 1, order: steps, beginsAt: 1_000_000 });
const pending = (count: number): readonly string[] => Array.from({ length: count }, () => 'PENDING');
const succeeded = (count: number): readonly string[] => Array.from({ length: count }, () => 'SUCCEEDED');

async function judgeOne(system: Judged, session = sessionByHand([success])) {
  const judgements = await judge(system, [session]);
  const [judgement] = judgements;
  if (!judgement) throw new Error('no judgement');
  return { judgement, verdict: verdictOf(judgements) };
}

describe('a false end', () => {
  it('is none where the end is shown when it is there', async () => {
    const { judgement } = await judgeOne(scripted([...pending(steps - 1), 'SUCCEEDED']));
    expect([judgement.isRight, judgement.premature, judgement.stale]).toEqual([true, null, null]);
  });

  it('is an end shown before the true one, although the last is right', async () => {
    const { judgement, verdict } = await judgeOne(
      scripted([...pending(steps - 2), 'PARTIALLY_SUCCEEDED', 'SUCCEEDED']),
    );
    expect(judgement.isRight).toBe(true);
    expect(judgement.premature?.after.report.order).toBe(steps - 2);
    expect([verdict.falseEnds, verdict.falseEndsOfPlain, verdict.staleEnds.count]).toEqual([
      { count: 1, of: 1 },
      { count: 1, of: 1 },
      0,
    ]);
  });

  it('is none between the end of a run and the first arrival of the next', async () => {
    const outcomes = [...pending(steps - 1), 'SUCCEEDED', ...pending(steps - 1), 'SUCCEEDED'];
    const { judgement } = await judgeOne(scripted(outcomes), sessionByHand([success, again]));
    expect([judgement.premature, judgement.stale]).toEqual([null, null]);
  });

  it('is stale where the end of the run before is still shown, and premature once PENDING was', async () => {
    const session = sessionByHand([success, again]);
    const stale = [...pending(steps - 1), ...succeeded(3), ...pending(steps - 3), 'SUCCEEDED'];
    const stayed = await judgeOne(scripted(stale), session);
    expect([stayed.judgement.premature, stayed.judgement.stale?.after.report.order]).toEqual([null, steps]);
    expect([stayed.verdict.staleEnds.count, stayed.verdict.staleEndsUnsaid.count]).toEqual([1, 1]);

    const backAndForth = [...pending(steps - 1), 'SUCCEEDED', ...pending(2), ...succeeded(steps - 2)];
    const returned = await judgeOne(scripted(backAndForth), session);
    expect([returned.judgement.premature?.after.report.order, returned.judgement.stale]).toEqual([
      steps + 2,
      null,
    ]);
  });

  it('is none while the details are awaited', async () => {
    const run = runByHand({ kind: 'success' }, { details: 'FINISHED' });
    const { judgement } = await judgeOne(
      scripted([...pending(steps - 1), ...succeeded(4)], { stage: 'TRANSACTION_DETAILS' }),
      sessionByHand([run]),
    );
    expect([judgement.isRight, judgement.premature]).toEqual([true, null]);
  });
});

describe('a plain session', () => {
  it('is counted apart where its Accounts reported "1/2" on the way', async () => {
    const reporting = runByHand({ kind: 'success' }, {}, { reportedProgress: true });
    const sessions = [sessionByHand([reporting]), sessionByHand([success])];
    const verdict = verdictOf(await judge(scripted(['FAILED']), sessions));
    expect(verdict.falseEndsOfPlain).toEqual({ count: 2, of: 2 });
    expect(verdict.falseEndsOfPlainWithProgress).toEqual({ count: 1, of: 1 });
  });
});

describe('a wrong session', () => {
  it('is silent unless it is pending, unknown or says what is doubtful', async () => {
    const silent = async (system: Judged) => (await judgeOne(system)).judgement.isSilentlyWrong;
    expect(await silent(scripted(['FAILED']))).toBe(true);
    expect(await silent(scripted(['SUCCEEDED'], { stage: 'ACCOUNTS' }))).toBe(true);
    expect(await silent(scripted(['SUCCEEDED']))).toBe(false);
    expect(await silent(scripted(['PENDING']))).toBe(false);
    expect(await silent({ receive: () => undefined, shown: () => null })).toBe(false);
    for (const flag of ['stalled', 'restartSuspected', 'conflict'] as const) {
      expect(await silent(scripted(['FAILED'], { flags: { ...NO_FLAGS, [flag]: true } }))).toBe(false);
    }
  });

  it('can be read as a timeline', async () => {
    const { judgement } = await judgeOne(scripted(['FAILED']));
    const timeline = timelineOf(judgement);
    expect(timeline).toContain('0.000 s run 0 #0 AUTHENTICATION INITIATED');
    expect(timeline).toContain('page of account 0 Booked');
    expect(timeline).toContain('true:  SUCCEEDED TRANSACTIONS FINISHED');
    expect(timeline).toContain('shown: FAILED TRANSACTIONS FINISHED, wrong: rule');
  });
});

describe('a refresh session', () => {
  it('is counted where its person signed in and is still asked to', async () => {
    const profile = { ...PROFILE, isRefresh: true };
    const rejected = runByHand(
      { kind: 'reauthentication', stage: 'ACCOUNTS' },
      { profile, firstStage: 'ACCOUNTS' },
    );
    const signedIn = runByHand(
      { kind: 'success' },
      { profile, run: 1, order: rejected.reports.length, beginsAt: 1_000_000 },
    );
    const asking = scripted(['SUCCEEDED'], { nextAction: 'REAUTHENTICATE' });
    const { verdict } = await judgeOne(asking, createSession(profile, [rejected, signedIn], []));
    expect(verdict.refreshStillAsked).toEqual({ count: 1, of: 1 });

    const { verdict: notSignedIn } = await judgeOne(asking, createSession(profile, [rejected], []));
    expect(notSignedIn.refreshStillAsked).toEqual({ count: 0, of: 0 });
  });
});

describe('the deliveries', () => {
  it('come in the order of their times, those that are lost not at all, one after another', async () => {
    const sessions = createSessions(9, 50);
    const times: number[] = [];
    let isBusy = false;
    await judge(
      {
        receive: async ({ at }) => {
          expect(isBusy).toBe(false);
          isBusy = true;
          await Promise.resolve();
          times.push(at);
          isBusy = false;
        },
        shown: () => null,
      },
      sessions,
    );
    const arrived = sessions.flatMap(({ sendings }) => sendings.filter(({ isLost }) => !isLost));
    expect(times).toEqual(arrived.map(({ at }) => at).toSorted((a, b) => a - b));
  });
});
