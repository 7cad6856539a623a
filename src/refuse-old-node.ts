import { readFileSync } from 'node:fs';

/**
 * Ends the process with 1 and one line where this Node is older than `engines` in package.json asks for: such a Node
 * fails later, at some import, and says nothing of its age. `scripts/require-node.cjs` does the same before a build.
 */
export function refuseOldNode(packageJson: URL): void {
  const range = /"node":\s*"[^"\d]*(\d+)\.(\d+)/.exec(readFileSync(packageJson, 'utf8'));
  const found = /(\d+)\.(\d+)/.exec(process.version);
  const [neededMajor, neededMinor] = [Number(range?.[1]), Number(range?.[2])];
  const [major, minor] = [Number(found?.[1]), Number(found?.[2])];
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return;
  process.stderr.write(
    `callboard: Node ${neededMajor}.${neededMinor} or newer is needed, and this is ${process.version}: get one from https://nodejs.org (24 is the fastest)\n`,
  );
  process.exit(1);
}
