// What a bundle holds goes with it: the licences of its packages, most of which ask for just that, and a list for whoever
// asks whether one of them is known to be weak (`npm run audit`, scanners of images).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const LICENCES = 'THIRD-PARTY-LICENCES.txt';
/** CycloneDX 1.5 (https://cyclonedx.org). Scanners know it by the end of its name. */
const LIST = 'callboard.cdx.json';
const RULE = `\n\n${'-'.repeat(100)}\n\n`;
const ROOT = resolve('.');

const readPackage = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** A plugin of rolldown that adds both files: the list also names what an install of the package brings. */
export function contents() {
  return {
    name: 'contents',
    generateBundle(_, files) {
      const modules = Object.values(files).flatMap((file) => Object.keys(file.modules ?? {}));
      const folders = new Set(
        modules.flatMap((id) => /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []),
      );
      const bundled = [...folders].filter((folder) => existsSync(join(folder, 'package.json')));
      const sections = bundled.map(section).sort();
      this.emitFile({ type: 'asset', fileName: LICENCES, source: `${sections.join(RULE)}\n` });
      this.emitFile({
        type: 'asset',
        fileName: LIST,
        source: `${JSON.stringify(listOf(bundled), null, 1)}\n`,
      });
    },
  };
}

/** Throws where a package says nothing of its licence: it cannot be passed on. */
function section(folder) {
  const { name, version, license } = readPackage(folder);
  const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying|unlicense)/i.test(file));
  if (license === undefined && texts.length === 0) throw new Error(`${name} names no licence`);
  const whole = texts.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license ?? 'see below'})`, ...whole].join('\n\n');
}

function listOf(bundled) {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const installed = Object.keys(packages).filter((path) => path !== '' && packages[path].dev !== true);
  const paths = new Set([...bundled.map((folder) => relative(ROOT, folder)), ...installed]);
  const components = [...paths].sort().map((path) => component(path, packages[path]?.integrity));
  const { name, version, license } = readPackage('.');
  return {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 },
    metadata: { component: { type: 'application', name, version, ...licenceOf(license) } },
    components,
  };
}

/** `integrity` is the lock file's: the algorithm and base64 of the hash of the package as it was fetched. */
function component(path, integrity = '') {
  const { name, version, license } = readPackage(path);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [, hash] = /^sha512-(\S+)/.exec(integrity) ?? [];
  const hashes =
    hash === undefined ? [] : [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }];
  return { type: 'library', 'bom-ref': purl, name, version, purl, ...licenceOf(license), hashes };
}

function licenceOf(license) {
  if (typeof license !== 'string') return { licenses: [{ license: { name: `see ${LICENCES}` } }] };
  return { licenses: [/^[\w.+-]+$/.test(license) ? { license: { id: license } } : { expression: license }] };
}
