import type { Sending } from './disturb.ts';
import type { Judgement } from './judge.ts';

/** One session as lines of text: what was sent, in the order of arrival, what is true and what was shown. */
export function timelineOf({ session, shown, cause }: Judgement): string {
  const begin = session.runs[0]?.reports[0]?.at ?? 0;
  const { truth } = session;
  return [
    `${session.sessionId}: ${session.profile.accounts.length} accounts`,
    ...session.sendings.map((sending) => lineOf(sending, begin)),
    `  true:  ${truth.outcome} ${truth.stage} ${truth.status}, settled at ${seconds(truth.endedAt - begin)}`,
    `  shown: ${shown ? `${shown.outcome} ${shown.stage} ${shown.status}` : 'nothing'}${cause ? `, wrong: ${cause}` : ''}`,
  ].join('\n');
}

function lineOf({ report, at, duplicateAfter, isLost }: Sending, begin: number): string {
  const { content } = report;
  const words = [
    seconds(at - begin).padStart(12),
    `run ${report.run} #${report.order}`,
    report.stage,
    report.status,
  ];
  if (report.progress !== null) words.push(report.progress);
  if (content.kind === 'accounts') words.push(`accounts ${content.accounts.join(',')}`);
  if (content.kind === 'page') words.push(`page of account ${content.account} ${content.transactionStatus}`);
  if (duplicateAfter !== null) words.push(`duplicate after ${seconds(duplicateAfter)}`);
  else if (at > report.at) words.push(`delayed by ${seconds(at - report.at)}`);
  if (isLost) words.push('LOST');
  return words.join(' ');
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(3)} s`;
}
