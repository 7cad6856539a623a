import { readFileSync } from 'node:fs';

/** What a process holds of the memory (RSS), in MiB. On Linux only. */
export function residentMiB(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

const SAMPLE_MS = 50;

/** The most that a process holds while `work` goes on, in MiB. */
export async function mostResidentMiB(pid: number, work: () => Promise<void>): Promise<number> {
  let most = residentMiB(pid);
  const sampler = setInterval(() => {
    most = Math.max(most, residentMiB(pid));
  }, SAMPLE_MS);
  try {
    await work();
    return Math.max(most, residentMiB(pid));
  } finally {
    clearInterval(sampler);
  }
}
