import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { withSourcePositions } from '../src/source-positions.ts';
import { ROOT } from './support/documents.ts';
import { built } from './support/gateways/gateway.ts';

const CODE = 'const hub = createHub({ log });';

/** The line, from 1, that holds a text. */
const lineOf = (text: string, file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

it('a place in a built file is logged as the place in the source', () => {
  const inBuild = lineOf(CODE, built('main'));
  const inSource = lineOf(CODE, `${ROOT}src/gateway.ts`);
  expect(inBuild).toBeGreaterThan(0);
  const frame = (url: string, line: number) => new RegExp(`^ {4}at startGateway \\(${url}:${line}:\\d+\\)$`);
  const stack = `    at startGateway (${pathToFileURL(built('main')).href}:${inBuild}:20)`;
  expect(withSourcePositions(stack)).toMatch(frame(`file://${ROOT}src/gateway.ts`, inSource));
});

it('places in other files are logged as they are', () => {
  const stack = 'Error: a\n    at node:internal/a.js:1:2\n    at b (file:///tmp/none.js:3:4)';
  expect(withSourcePositions(stack)).toBe(stack);
});
