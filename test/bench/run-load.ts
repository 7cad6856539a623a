import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Job, Measured } from './load/job.ts';
import { Report } from './load/job.ts';

const PROGRAM = fileURLToPath(new URL('./load-process.js', import.meta.url));

/** A load that is prepared, in a process of its own. */
export interface RunningLoad {
  /** Rejects where an operation failed. */
  measure(): Promise<Measured>;
  end(): Promise<void>;
}

/** Starts a process and has it prepare this job. */
export async function startLoad(job: Job): Promise<RunningLoad> {
  const child = fork(PROGRAM);
  const exited = once(child, 'exit');
  const end = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  try {
    child.send(job);
    await nextReport(child, job);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    async measure() {
      child.send('measure');
      const report = await nextReport(child, job);
      if (report.state !== 'measured') throw new Error(`${job.kind}: the load was ready twice`);
      return report.measured;
    },
    end,
  };
}

async function nextReport(child: ChildProcess, { kind }: Job): Promise<Report> {
  const message = await new Promise<unknown>((resolve, reject) => {
    const onExit = () => reject(new Error(`${kind}: the load process ended`));
    child.once('exit', onExit);
    child.once('message', (sent) => {
      child.off('exit', onExit);
      resolve(sent);
    });
  });
  const report = Report.parse(message);
  if (report.state === 'failed') throw new Error(`${kind}: ${report.reason}`);
  return report;
}
