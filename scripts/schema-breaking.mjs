// Fails where schema.graphql takes something away that clients may rely on, within one major version. It is compared
// with the newest release (tag v…), else with the last commit's file or, where that is the same, the one before.
// Before 1.0 a minor version may change a field's type: what is accepted stands in ACCEPTED, with its reason.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

// The message of each change, and why it is made. One that no longer applies fails the check, so that none is forgotten.
const BOOKING_DAYS = 'dates of a page are booking days: as instants they were another day west of Greenwich';
const ACCEPTED = new Map(
  ['earliestAccountingDate', 'latestAccountingDate', 'earliestEffectiveDate', 'latestEffectiveDate'].map(
    (field) => [`Field 'TransactionPage.${field}' changed type from 'DateTime' to 'LocalDate'`, BOOKING_DAYS],
  ),
);

const git = (...args) => {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
};
const majorOf = (text) => JSON.parse(text).version.split('.')[0];

// A missing file is reported by the check of schema.graphql.
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
  const isAccepted = ({ message }) =>
    majorOf(readFileSync('package.json', 'utf8')) === '0' && ACCEPTED.has(message);
  const refused = breaking.filter((change) => !isAccepted(change));
  const needless = [...ACCEPTED.keys()].filter(
    (message) => !breaking.some((change) => change.message === message),
  );
  for (const change of refused) console.error(`against ${base}: ${change.message}`);
  for (const message of needless) console.error(`against ${base}, accepted but not made: ${message}`);
  if ((refused.length > 0 && !raised) || needless.length > 0) process.exit(1);
}
