// Runs before `npm publish`. npm's page finds the README's picture, and the pages that it links to, by `repository` alone, and
// what a version says of itself cannot be changed afterwards.
import { readFileSync } from 'node:fs';

const { repository } = JSON.parse(readFileSync('package.json', 'utf8'));
if (!/^(git\+)?https:/.test(repository?.url ?? '')) {
  console.error(
    'callboard: package.json has no `repository`: on npm the README would have no picture and no links. Set it:',
  );
  console.error("  npm pkg set repository.type=git repository.url='git+https://…'");
  process.exit(1);
}
