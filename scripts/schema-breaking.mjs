// Fails where schema.graphql takes something away that clients may rely on, within one major version. It is compared
// with the newest release (tag v…), else with the last commit's file or, where that is the same, the one before.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const git = (...args) => {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
};
const majorOf = (text) => JSON.parse(text).version.split('.')[0];

// A missing file is the other check's to tell.
const now = existsSync('schema.graphql') ? readFileSync('schema.graphql', 'utf8') : '';
const release = git('describe', '--tags', '--abbrev=0', '--match', 'v*')?.trim();
const base = (release === undefined ? ['HEAD', 'HEAD~1'] : [release]).find((revision) => {
  const then = git('show', `${revision}:schema.graphql`);
  return then !== undefined && then !== now;
});
if (now !== '' && base !== undefined) {
  const raised =
    majorOf(git('show', `${base}:package.json`)) !== majorOf(readFileSync('package.json', 'utf8'));
  const changes = await diff(buildSchema(git('show', `${base}:schema.graphql`)), buildSchema(now));
  const breaking = changes.filter((change) => change.criticality.level === CriticalityLevel.Breaking);
  for (const change of breaking) console.error(`against ${base}: ${change.message}`);
  if (breaking.length > 0 && !raised) process.exit(1);
}
