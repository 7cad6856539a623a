import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { Headers } from './client.ts';

/** What one delivery came to: no status where the connection broke before an answer. */
export interface Delivered {
  readonly status: number | null;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** From the first byte sent to the last received, in milliseconds. */
  readonly tookMs: number;
}

/**
 * Delivers bodies to `/callbacks` over so many kept connections, in order, each as soon as one is free. A broken
 * connection is an answer without a status; nothing is sent twice.
 */
export async function deliverAll(
  url: string,
  bodies: readonly string[],
  { connections = 50, headers = {}, onAnswer = () => {} }: DeliverOptions = {},
): Promise<readonly Delivered[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const answers: Delivered[] = [];
  let next = 0;
  const sendOn = async (): Promise<void> => {
    for (let index = next++; index < bodies.length; index = next++) {
      const answer = await deliver(`${url}/callbacks`, bodies[index] ?? '', agent, headers);
      answers[index] = answer;
      onAnswer(answer, index);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, sendOn));
    return answers;
  } finally {
    agent.destroy();
  }
}

export interface DeliverOptions {
  readonly connections?: number;
  /** In addition to the media type: what makes them authentic. */
  readonly headers?: Headers;
  readonly onAnswer?: (answer: Delivered, index: number) => void;
}

function deliver(url: string, body: string, agent: Agent, extra: Headers): Promise<Delivered> {
  const began = performance.now();
  return new Promise((resolve) => {
    const done = (status: number | null, headers: IncomingHttpHeaders, text: string) =>
      resolve({ status, headers, text, tookMs: performance.now() - began });
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...extra,
    };
    const outgoing = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => done(response.statusCode ?? null, response.headers, text));
      response.on('error', () => done(null, {}, ''));
    });
    outgoing.on('error', () => done(null, {}, ''));
    outgoing.end(body);
  });
}
