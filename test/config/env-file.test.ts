import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { withEnvFile } from '../../src/config/env-file.ts';
import { ROOT } from '../support/documents.ts';
import { built } from '../support/gateways/gateway.ts';

describe('.env in the working folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'callboard-env-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const read = (text: string, env: Record<string, string> = {}) => {
    writeFileSync(join(folder, '.env'), text);
    return withEnvFile(env, folder);
  };

  it('adds what the environment does not have: what stands there wins, an empty value too', () => {
    const env = { PORT: '1', HOST: '' };
    expect(read('PORT=2\nHOST=::1\nMODE=production # why\nexport DATA_DIR="a b"\r\n\n# note\n', env)).toEqual(
      {
        PORT: '1',
        HOST: '',
        MODE: 'production',
        DATA_DIR: 'a b',
      },
    );
  });

  it('may be missing', () => {
    expect(withEnvFile({ PORT: '1' }, join(folder, 'nowhere'))).toEqual({ PORT: '1' });
  });

  it('reports each line that sets nothing, without showing it, and takes values of several lines', () => {
    expect(read('KEY="one\ntwo words\nthree"\nPORT=1')).toEqual({ KEY: 'one\ntwo words\nthree', PORT: '1' });
    const text = 'PORT 4000\nMODE=explore\nsecret-value\n';
    expect(() => read(text)).toThrow(/\.env, line 1: is not NAME=value.*\n.*\.env, line 3:/);
    expect(() => read(text)).not.toThrow(/secret-value/);
  });
});

describe('an old Node', () => {
  const as = (version: string) => `Object.defineProperty(process, 'version', { value: '${version}' });`;
  const forBuild = (version: string) => run('-e', `${as(version)} require('./scripts/require-node.cjs')`);
  const forCommand = (version: string) =>
    run('--import', `data:text/javascript,${as(version)}`, built('callboard'), '--version');
  const run = (...words: readonly string[]) => {
    try {
      execFileSync(process.execPath, words, { cwd: ROOT, stdio: 'pipe' });
      return null;
    } catch (error) {
      return String(error instanceof Error && 'stderr' in error ? error.stderr : error);
    }
  };

  it.each([
    ['npm start', forBuild],
    ['callboard', forCommand],
  ])('is refused by %s in one line that says which is needed', (_, run) => {
    for (const version of ['v20.18.3', 'v18.20.4', 'v12.0.0'])
      expect(run(version)).toMatch(/^callboard: Node 20\.19 or newer is needed, and this is v[\d.]+: .*\n$/);
    for (const version of ['v20.19.0', 'v24.1.0', 'v100.0.0']) expect(run(version)).toBeNull();
  });
});
