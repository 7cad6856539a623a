import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Judged } from '../judge/judged.ts';
import { per100, type Verdict } from '../judge/verdict.ts';
import { LONG, longOr } from '../support/long.ts';
import { createCallboardJudged } from './callboard-judged.ts';
import { RULE_CHANGES, type RuleChange } from './rule-changes.ts';
import { type ScenarioName, verdictOn } from './scenarios.ts';

/* Each rule earns its place: without it the judge finds less right, or more ends shown before the end. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SCENARIOS: readonly ScenarioName[] = ['usual', 'progress reported', 'nothing lost'];
const SEEDS = LONG ? [1, 2, 3] : [1, 2];
const COUNT = longOr(2_000, 1_000, 1_000);
/** Without these every figure falls far: a few sessions show it. */
const FEW = 200;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callboard-rules-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Callboard as it is but for one rule. */
async function without({ rule, file, edits }: RuleChange): Promise<() => Judged> {
  const path = join(ROOT, file);
  const found = new Set<string>();
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
            if (code.split(from).length === 2) found.add(from);
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
  expect([...found], `${file} does not hold the rule "${rule}" as rule-changes.ts writes it`).toHaveLength(
    edits.length,
  );
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

describe.runIf(LONG)('without the rule', () => {
  test.each(RULE_CHANGES)(
    '$rule',
    async (change) => {
      const [whole, less] = [await asItIs(COUNT), await figuresOf(await without(change), COUNT)];
      process.stdout.write(`\n| ${change.rule} | ${less.texts.join(' | ')} | ${whole.texts.join(' | ')} |\n`);
      expect(less.right < whole.right || less.falseEnds > whole.falseEnds).toBe(true);
    },
    300_000,
  );
});

describe('without the rule, in a few sessions', () => {
  test.each(RULE_CHANGES.filter(({ shows }) => shows === 'at once'))(
    '$rule',
    async (change) => {
      const [whole, less] = [await asItIs(FEW), await figuresOf(await without(change), FEW)];
      expect(less.right).toBeLessThan(whole.right);
    },
    60_000,
  );

  test.each(RULE_CHANGES)(
    '$rule: stands in the source as it is written here',
    async (change) => {
      await without(change);
    },
    60_000,
  );
});
