import type { WriteStream } from 'node:tty';
import cliProgress from 'cli-progress';
import type { Different } from '../simulator/check/verdict.ts';
import type { Progress, Summary } from '../simulator/simulation.ts';

/** What a person sees of a simulation. */
export interface SimulateReport {
  line(text: string): void;
  progress(progress: Progress): void;
  /** Takes the bar away. */
  end(): void;
  summary(summary: Summary): readonly string[];
}

const FORMAT =
  '{bar} {value}/{total} callbacks | {recorded} recorded, {repeated} repeated, {late} late | {eta_formatted} left';
/** Without a terminal there is a line at most this often. */
const LINE_EVERY_MS = 2_000;

/** Progress is a bar where `out` is a terminal, and a line now and then elsewhere. */
export function createReport(
  out: Pick<WriteStream, 'write'> & NodeJS.WritableStream & { isTTY?: boolean },
): SimulateReport {
  const line = (text: string) => {
    out.write(`${text}\n`);
  };
  const format = { summary: summaryLines, line };
  if (out.isTTY !== true) {
    // The first callback is a line, so that it is seen to have begun.
    let next = 0;
    return {
      ...format,
      progress({ done, planned, outcomes, retries }) {
        if (performance.now() < next) return;
        next = performance.now() + LINE_EVERY_MS;
        line(`${done} of ${planned} callbacks: ${counts(outcomes)}, ${retries} tried again`);
      },
      end() {},
    };
  }
  const bar = new cliProgress.SingleBar({ format: FORMAT, stream: out, hideCursor: true });
  let isShown = false;
  return {
    ...format,
    progress({ done, planned, outcomes: { recorded = 0, repeated = 0, late = 0 } }) {
      const shown = { recorded, repeated, late };
      if (!isShown) bar.start(planned, done, shown);
      isShown = true;
      bar.update(done, shown);
    },
    end() {
      if (isShown) bar.stop();
    },
  };
}

function summaryLines(summary: Summary): readonly string[] {
  const { seed, sessions, payments, seconds, sent, lost, retries, outcomes, hash, wasStopped } = summary;
  const { compared, right, different, unknowable, undelivered, unfinished } = summary;
  const total = sent.original + sent.duplicate + sent.late;
  return [
    `seed ${seed}: ${sessions} sessions and ${payments} payments, ${total} callbacks in ${seconds.toFixed(1)} s${wasStopped ? ' (stopped)' : ''}`,
    `sent: ${sent.original} once, ${sent.duplicate} duplicates, ${sent.late} late; ${lost} lost; ${retries} tried again`,
    `answered: ${counts(outcomes)}`,
    `bytes: sha256:${hash}`,
    `compared: ${compared}; ${right} as expected, ${different.length} different, ${unknowable.length} unknowable, ${undelivered.length} undelivered${unfinished > 0 ? `; ${unfinished} not played to the end` : ''}`,
    ...listed('different', different),
    ...listed('unknowable (a late duplicate is byte for byte a restart)', unknowable),
    ...listed('undelivered (a callback never arrived)', undelivered),
  ];
}

function* listed(title: string, all: readonly Different[]): Iterable<string> {
  for (const { kind, id, differences } of all) {
    yield `${title}: ${kind} ${id}`;
    for (const { field, expected, found } of differences) {
      yield `  ${field}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
    }
  }
}

function counts(outcomes: Readonly<Record<string, number>>): string {
  return Object.entries(outcomes)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');
}
