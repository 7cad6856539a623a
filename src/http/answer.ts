import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { PROBLEM_TYPE, problem } from './problem.ts';

export const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends a complete answer with this text. */
export function answer(
  res: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  text: string,
): void {
  res.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
  res.end(text);
}

/** Refuses a request: `detail` says what to do next. */
export function answerProblem(
  res: ServerResponse,
  status: number,
  detail: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const text = JSON.stringify(problem(status, detail));
  answer(res, status, { ...headers, 'content-type': PROBLEM_TYPE }, text);
}
