// The licences of the packages that a bundle holds go with it: most ask for just that.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'THIRD-PARTY-LICENCES.txt';
const RULE = `\n\n${'-'.repeat(100)}\n\n`;

/** A plugin of rolldown that adds one file with name, version and licence of each package in the bundle. */
export function licences() {
  return {
    name: 'licences',
    generateBundle(_, files) {
      const modules = Object.values(files).flatMap((file) => Object.keys(file.modules ?? {}));
      const folders = new Set(
        modules.flatMap((id) => /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []),
      );
      const sections = [...folders].filter((folder) => existsSync(join(folder, 'package.json'))).map(section);
      this.emitFile({ type: 'asset', fileName: FILE, source: `${sections.sort().join(RULE)}\n` });
    },
  };
}

/** Throws where a package says nothing of its licence: it cannot be passed on. */
function section(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying|unlicense)/i.test(file));
  if (license === undefined && texts.length === 0) throw new Error(`${name} names no licence`);
  const whole = texts.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license ?? 'see below'})`, ...whole].join('\n\n');
}
