/** One rule, and the change of the source that takes it out. */
export interface RuleChange {
  readonly rule: string;
  readonly file: string;
  /** What stands in the file exactly once, and what takes its place. */
  readonly edits: readonly (readonly [from: string, to: string])[];
}

const ATTEMPT = 'src/domain/session/attempt.ts';
const OUTCOME = 'src/domain/session/outcome.ts';
const FOLD = 'src/domain/session/fold.ts';

/** The rules that the judge's figures rest on. */
export const RULE_CHANGES: readonly RuleChange[] = [
  {
    rule: 'what was reported on the way is stale at the end',
    file: FOLD,
    edits: [
      [
        'endProgress: isEnd ? mergeProgress(held.endProgress, progress) : held.endProgress,',
        'endProgress: mergeProgress(held.endProgress, progress),',
      ],
    ],
  },
  {
    rule: 'derived progress never decides',
    file: OUTCOME,
    edits: [
      ['import { hasConflict, isOfThisRun }', 'import { hasConflict, isOfThisRun, progressOf }'],
      [
        'return shown.endProgress !== null && shown.endProgress.done < shown.endProgress.total;',
        'const seen = progressOf(arguments[0], name, stages[name]); return seen !== null && seen.done < seen.total;',
      ],
    ],
  },
  {
    rule: 'a later stage shows that an earlier one went on',
    file: OUTCOME,
    edits: [[' && !isReceivedAfter(session, STAGE_NAMES.indexOf(name)),', ',']],
  },
  {
    rule: 'a stage beyond the last expected one proves its end',
    file: OUTCOME,
    edits: [
      [
        "return status === 'FINISHED' || (status !== 'FAILED' && isReceivedAfter(session, end));",
        "return status === 'FINISHED';",
      ],
    ],
  },
  {
    rule: 'a shortfall waits for the stages that an earlier run left',
    file: OUTCOME,
    edits: [['if (onwards.some((other) => stages[other].passed)) return false;', '']],
  },
  {
    rule: 'a stage that was left behind is not under way',
    file: OUTCOME,
    edits: [
      [
        'return status !== null && !isTerminal(status) && !stage.passed;',
        'return status !== null && !isTerminal(status);',
      ],
    ],
  },
  {
    rule: 'a first Authentication after a bad end starts the road again',
    file: ATTEMPT,
    edits: [["putsBack: endedBadly && name === 'AUTHENTICATION' && next === 1", 'putsBack: false']],
  },
  {
    rule: 'a sign-in after a rejected one needs no quiet time',
    file: ATTEMPT,
    edits: [
      [
        '(isQuiet(stage, receivedAt, restartQuietMs) || isReauthentication(session, callback, stage));',
        'isQuiet(stage, receivedAt, restartQuietMs);',
      ],
    ],
  },
  {
    rule: 'an Initiated after the quiet time suspects a restart',
    file: ATTEMPT,
    edits: [
      [
        '(isQuiet(stage, receivedAt, restartQuietMs) || isReauthentication(session, callback, stage));',
        'isReauthentication(session, callback, stage);',
      ],
    ],
  },
  {
    rule: 'after a bad end the first that is not Initiated confirms',
    file: ATTEMPT,
    edits: [["(isTerminal(status) || (endedBadly && status !== 'INITIATED'));", 'isTerminal(status);']],
  },
  {
    rule: 'a restart after a bad end puts later stages back',
    file: ATTEMPT,
    edits: [
      ['return { confirms, putsBack: confirms && endedBadly };', 'return { confirms, putsBack: false };'],
    ],
  },
  {
    rule: 'a stage left behind begins its next attempt',
    file: ATTEMPT,
    edits: [['if (stage.passed && stage.shown.facts.some(isTerminal)) return stage.shown.number + 1;', '']],
  },
  {
    rule: 'old bytes of a stage left behind say nothing before the stage before has finished',
    file: ATTEMPT,
    edits: [
      [
        "if (isLeftBehind && status !== 'INITIATED' && !hasFinishedBefore(session, name)) return true;",
        'void isLeftBehind;',
      ],
    ],
  },
  {
    rule: 'an old terminal never changes the status shown',
    file: ATTEMPT,
    edits: [
      [
        'if (status !== shownStatus(shown.facts)) return true;',
        'if (status !== shownStatus(shown.facts)) return false;',
      ],
    ],
  },
  {
    rule: 'an old terminal that is shown confirms a run under way',
    file: ATTEMPT,
    edits: [['return !passed && runsAgain !== true;', 'return true;']],
  },
  {
    rule: 'what was reported since a run began is of that run',
    file: FOLD,
    edits: [
      [
        'return other.shown.lastFactAt >= beganAt ? other : withMembers(other, { passed: true });',
        'return withMembers(other, { passed: true });',
      ],
    ],
  },
];
