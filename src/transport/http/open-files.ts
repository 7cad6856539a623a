import { readFileSync } from 'node:fs';
import type { Limits } from '../../config/limits.ts';
import { SPARE_CONNECTIONS } from './http-server.ts';

/** The store's connections and files, the log, and what Node opens for itself. */
const OTHER_FILES = 100;

/** A process may open fewer files than its connections need; both in number. */
export interface OpenFilesShortage {
  readonly allowed: number;
  readonly needed: number;
}

/**
 * Whether LIMIT_CONNECTIONS can be had at all: each connection is an open file. Node has raised the soft limit to the
 * hard one by now. Null where it can, and where the system does not say (anything but Linux).
 */
export function openFilesShortage({ connections }: Pick<Limits, 'connections'>): OpenFilesShortage | null {
  const allowed = softLimit();
  const needed = connections + SPARE_CONNECTIONS + OTHER_FILES;
  return allowed === null || allowed >= needed ? null : { allowed, needed };
}

function softLimit(): number | null {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return found === undefined ? null : Number(found);
  } catch {
    return null;
  }
}
