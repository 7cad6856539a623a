import { readFileSync } from 'node:fs';

/** What Linux counts processor time in; the same on every machine that Node runs on. */
const TICK_US = 10_000;

/**
 * Processor time that these processes have used so far, with all of their threads, in µs. One that has ended counts
 * for nothing. Null where the system does not say (it does on Linux).
 */
export function processorUs(pids: readonly number[]): number | null {
  if (process.platform !== 'linux') return null;
  let ticks = 0;
  for (const pid of pids) {
    // After the name, which may hold blanks: state, parent, … with user and system time as 12th and 13th.
    const fields = readProc(pid, 'stat')?.split(') ').at(-1)?.split(' ');
    ticks += Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0);
  }
  return ticks * TICK_US;
}

/** What a process holds of the memory, in MiB; null where the system does not say. */
export const residentMiB = (pid: number): number | null => statusMiB(pid, 'VmRSS');

/** The most that it has held since its start. */
export const peakResidentMiB = (pid: number): number | null => statusMiB(pid, 'VmHWM');

/** The name of a process's program; null where there is none. */
export const programOf = (pid: number): string | null => readProc(pid, 'comm')?.trim() ?? null;

function statusMiB(pid: number, field: string): number | null {
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readProc(pid, 'status') ?? '')?.[1];
  return kib === undefined ? null : Number(kib) / 1_024;
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null;
  }
}
