import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Judged } from '../judge/judged.ts';
import { per100, type Verdict } from '../judge/verdict.ts';
import { LONG } from '../support/long.ts';
import { createCallboardJudged } from './callboard-judged.ts';
import { RULE_CHANGES, type RuleChange } from './rule-changes.ts';
import { type ScenarioName, verdictOn } from './scenarios.ts';

/* Each rule earns its place: without it the judge finds less right, or more ends shown before the end. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SCENARIOS: readonly ScenarioName[] = ['usual', 'progress reported', 'nothing lost'];
const SEEDS = LONG ? [1, 2, 3] : [1];
const COUNT = 2_000;
/** Without these the figures fall so far that a few sessions show it. */
const STRONG: readonly string[] = [
  'derived progress never decides',
  'an Initiated after the quiet time suspects a restart',
  'a restart after a bad end puts later stages back',
];
const FEW = 200;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callboard-rules-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Callboard without one of its rules. */
async function without({ rule, file, edits }: RuleChange): Promise<() => Judged> {
  const path = join(ROOT, file);
  const bundle = await rolldown({
    input: join(ROOT, 'test/rules/callboard-judged.ts'),
    platform: 'node',
    external: /^(?:node:|[^./])/,
    plugins: [
      {
        name: 'without-a-rule',
        transform(code, id) {
          if (id !== path) return null;
          let changed = code;
          for (const [from, to] of edits) {
            changed = changed.replace(from, () => to);
          }
          return changed;
        },
      },
    ],
  });
  const output = join(folder, `${rule.replaceAll(/\W+/g, '-')}.mjs`);
  await bundle.write({ file: output, format: 'esm' });
  await bundle.close();
  const made: { createCallboardJudged: () => Judged } = await import(pathToFileURL(output).href);
  return made.createCallboardJudged;
}

interface Figures {
  readonly right: number;
  readonly falseEnds: number;
  readonly texts: readonly string[];
}

async function figuresOf(createJudged: () => Judged, count: number): Promise<Figures> {
  const verdicts: Verdict[] = [];
  for (const scenario of SCENARIOS) verdicts.push(await verdictOn(createJudged, scenario, SEEDS, count));
  return {
    right: verdicts.reduce((sum, { right }) => sum + right.count, 0),
    falseEnds: verdicts.reduce((sum, { falseEnds }) => sum + falseEnds.count, 0),
    texts: verdicts.map(({ right, falseEnds }) => `${per100(right)} (${falseEnds.count})`),
  };
}

const known = new Map<number, Promise<Figures>>();
function asItIs(count: number): Promise<Figures> {
  const figures = known.get(count) ?? figuresOf(createCallboardJudged, count);
  known.set(count, figures);
  return figures;
}

describe('each rule', () => {
  test.each(RULE_CHANGES)('stands in the source as it is taken out: $rule', async ({ file, edits }) => {
    const source = await readFile(join(ROOT, file), 'utf8');
    for (const [from] of edits) expect(source.split(from), from).toHaveLength(2);
  });

  test.each(RULE_CHANGES.filter(({ rule }) => LONG || STRONG.includes(rule)))(
    'is missed by the judge: $rule',
    async (change) => {
      const count = LONG ? COUNT : FEW;
      const [whole, less] = [await asItIs(count), await figuresOf(await without(change), count)];
      if (LONG) process.stdout.write(`\n| ${change.rule} | ${less.texts.join(' | ')} |\n`);
      expect(less.right < whole.right || less.falseEnds > whole.falseEnds).toBe(true);
    },
    300_000,
  );

  test.runIf(LONG)('the figures with all of them', async () => {
    process.stdout.write(`\n| all of them | ${(await asItIs(COUNT)).texts.join(' | ')} |\n`);
  });
});
