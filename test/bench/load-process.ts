import { createReadAll, createWriteAll } from './load/all-sessions.ts';
import { createCallbackLoad } from './load/callbacks.ts';
import {
  createDifferentLoad,
  createIdenticalLoad,
  createIdleLoad,
  createLatencyLoad,
} from './load/deliveries.ts';
import { Job, type Load, type Report } from './load/job.ts';
import { createQueryLoad } from './load/queries.ts';

/**
 * The process that loads a gateway, apart from the one that measures it: it is sent a job, and then `measure`. It ends
 * with the process that started it.
 */
function createLoad(job: Job): Load {
  switch (job.kind) {
    case 'callbacks':
      return createCallbackLoad(job);
    case 'queries':
      return createQueryLoad(job);
    case 'identical':
      return createIdenticalLoad(job);
    case 'different':
      return createDifferentLoad(job);
    case 'latency':
      return createLatencyLoad(job);
    case 'idle':
      return createIdleLoad(job);
    case 'read-all':
      return createReadAll(job);
    case 'write-all':
      return createWriteAll(job);
    default:
      throw new Error(`no such job: ${JSON.stringify(job satisfies never)}`);
  }
}

const report = (state: Report) => process.send?.(state);
const fail = (error: unknown) => report({ state: 'failed', reason: String(error) });

let load: Load | null = null;
process.on('message', async (message) => {
  try {
    if (load === null) {
      load = createLoad(Job.parse(message));
      await load.prepare();
      report({ state: 'ready' });
    } else report({ state: 'measured', measured: await load.measure() });
  } catch (error) {
    fail(error);
  }
});
// A subscription that ended in between.
process.on('uncaughtException', fail);
process.on('disconnect', () => process.exit());
