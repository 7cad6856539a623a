import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

const BLOCK_BYTES = 512;

/**
 * Unpacks a tar archive (ustar: files and folders, which is all that a data folder holds) into a folder as a stream:
 * the whole archive is never in memory. Throws where it is cut short.
 */
export async function unpackTar(archive: AsyncIterable<Buffer>, into: string): Promise<void> {
  const chunks = archive[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  /** At least one byte and at most `most`. */
  const piece = async (most: number): Promise<Buffer> => {
    while (rest.length === 0) {
      const next = await chunks.next();
      if (next.done === true) throw new Error('the archive is cut short');
      rest = next.value;
    }
    const taken = rest.subarray(0, most);
    rest = rest.subarray(taken.length);
    return taken;
  };
  const block = async (): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for (let left = BLOCK_BYTES; left > 0; ) {
      const part = await piece(left);
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  };

  for (let header = await block(); header[0] !== 0; header = await block()) {
    const { path, isFolder, bytes } = readHeader(header, into);
    if (isFolder) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      continue;
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(path, 'wx', 0o600);
    try {
      for (let left = bytes; left > 0; ) {
        const part = await piece(left);
        for (let written = 0; written < part.length; ) written += writeSync(file, part, written);
        left -= part.length;
      }
    } finally {
      closeSync(file);
    }
    for (let left = -bytes & (BLOCK_BYTES - 1); left > 0; ) left -= (await piece(left)).length;
  }
}

interface Entry {
  readonly path: string;
  readonly isFolder: boolean;
  readonly bytes: number;
}

/** POSIX.1-1988: name 0–99, size 124–135 in octal, type 156. */
function readHeader(header: Buffer, into: string): Entry {
  const text = (from: number, to: number) => header.toString('latin1', from, to).replace(/\0.*$/s, '');
  const name = text(0, 100);
  const type = text(156, 157);
  const bytes = Number.parseInt(text(124, 136), 8);
  if (name.split('/').includes('..') || !['', '0', '5'].includes(type) || Number.isNaN(bytes)) {
    throw new Error('the archive holds something other than files and folders');
  }
  return { path: join(into, name), isFolder: type === '5', bytes };
}
