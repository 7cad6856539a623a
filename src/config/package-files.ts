import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/** URLs of the package's own files, wherever it is installed; a folder's URL ends with a slash. */
const PACKAGE = packageAbove(new URL(import.meta.url));

/** The migrations that drizzle-kit generated. */
export const MIGRATIONS_FOLDER = new URL('drizzle/', PACKAGE);

/** The scenarios of the simulator. */
export const SCENARIOS_FOLDER = new URL('scenarios/', PACKAGE);

/** The output of the build. */
export const BUILD_FOLDER = new URL('dist/', PACKAGE);

/** The version of this package, as its package.json has it. */
export function readVersion(): string {
  const text = readFileSync(new URL('package.json', PACKAGE), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** This code runs from src, or from wherever the build joined it with others. */
function packageAbove(url: URL): URL {
  const folder = new URL('./', url);
  return existsSync(new URL('package.json', folder)) ? folder : packageAbove(new URL('..', folder));
}
