import type { ApplySettings } from '../../../src/domain/journal/decide-batch.ts';
import type { Session } from '../../../src/domain/session/session.ts';
import { stageView } from '../../../src/domain/session/stage-view.ts';
import { STAGE_NAMES, type StageName, toWire } from '../../../src/domain/words.ts';
import { createMemoryStore, DEFAULTS, deliveryOf, type MemoryStore } from '../stores/memory-store.ts';
import type { Wire } from './histories.ts';

/** How the tables write a stage. */
const SHORT: Readonly<Record<StageName, string>> = {
  AUTHENTICATION: 'Auth',
  ACCOUNTS: 'Acc',
  ACCOUNT_BALANCES: 'Bal',
  TRANSACTIONS: 'Tx',
  TRANSACTION_DETAILS: 'Det',
};

/**
 * A story as a table; each line is one callback. Columns: when it is received (in seconds), what it reports (with
 * `+A…` an account of that number, with `+P…` the first page of that account, with `+n/m` progress), what it is
 * answered, then what is shown after it: every observed stage with attempt and status (`!` a conflict, `n/m`
 * progress), the current stage, outcome and next action.
 */
export function table(strings: TemplateStringsArray): readonly string[] {
  return strings
    .join('')
    .split('\n')
    .map(tidy)
    .filter((line) => line !== '' && !line.startsWith('at |'));
}

const tidy = (line: string) => line.trim().replace(/ *\| */g, ' | ');

/** Plays the first two columns of a table and writes what came of it as the same table. */
export function played(lines: readonly string[], settings: ApplySettings = DEFAULTS): readonly string[] {
  const store = createMemoryStore(settings);
  return lines.map((line) => {
    const [at = '', comes = ''] = line.split(' | ');
    const [receipt] = store.apply([deliveryOf(wireOf(comes), Number(at) * 1_000)]);
    return [at, comes, receipt?.outcome, ...shown(only(store))].join(' | ');
  });
}

/** The session that a table comes to. */
export function sessionOf(lines: readonly string[], settings: ApplySettings = DEFAULTS): Session {
  const store = createMemoryStore(settings);
  for (const line of lines) {
    const [at = '', comes = ''] = line.split(' | ');
    store.apply([deliveryOf(wireOf(comes), Number(at) * 1_000)]);
  }
  return only(store);
}

function only({ sessions }: MemoryStore): Session {
  const session = sessions.get('session-1');
  if (session === undefined) throw new Error('no session came of it');
  return session;
}

function wireOf(comes: string): Wire {
  const [report = '', ...extras] = comes.split(' +');
  const [short, status = ''] = report.split('/');
  const stage = STAGE_NAMES.find((name) => SHORT[name] === short);
  if (stage === undefined) throw new Error(`no stage is written ${short}`);
  const base = {
    sessionId: 'session-1',
    userId: 'user-anna',
    bankId: 'bank-75',
    stage: toWire(stage),
    status,
  };
  return Object.assign({}, base, ...extras.map(extraOf));
}

function extraOf(extra: string): Wire {
  if (extra.startsWith('A')) return { details: { accounts: [{ accountNumber: extra }] } };
  if (extra.startsWith('P')) return { accountId: extra, transactionStatus: 'Booked', transactionsCount: 1 };
  return { progress: extra };
}

function shown(session: Session): string[] {
  const stages = STAGE_NAMES.map((name) => stageView(session, name)).filter(({ observed }) => observed);
  return [
    stages
      .map(({ name, attempt, status, conflict, progress }) => {
        const counted = progress === null ? '' : ` ${progress.done}/${progress.total}`;
        return `${SHORT[name]} ${attempt} ${toWire(status ?? '')}${conflict ? '!' : ''}${counted}`;
      })
      .join(', '),
    SHORT[session.stage],
    session.outcome,
    session.nextAction,
  ];
}
