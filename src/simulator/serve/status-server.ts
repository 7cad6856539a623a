import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { STAGE_NAMES, toWire } from '../../domain/words.ts';
import type { Book, Reported } from './reported.ts';

/** A server of the aggregator's status routes. */
export interface StatusServer {
  readonly url: string;
  close(): Promise<void>;
}

const STAGES = new Map(STAGE_NAMES.map((name) => [toWire(name).toLowerCase(), toWire(name)]));

/**
 * Answers `GET /api/session/status`, `/api/session/{stage}/status` and `/api/session/status/details` on 127.0.0.1, from
 * what the simulated aggregator knows. The session is named by `?sessionId=` or `?sessionExternalId=`.
 * @throws Error where the port is taken
 */
export async function serveStatus(port: number, book: Book): Promise<StatusServer> {
  const server = createServer((req, res) => answer(req, res, book));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(req: IncomingMessage, res: ServerResponse, book: Book): void {
  const [status, body] = answerTo(req, book);
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function answerTo(
  { method, url = '/' }: IncomingMessage,
  book: Book,
): readonly [status: number, body: object] {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  const path = /^\/api\/session\/(?:status(\/details)?|([^/]+)\/status)$/.exec(pathname);
  if (path === null) return [404, { title: 'there is no such route' }];
  if (method !== 'GET') return [405, { title: 'only GET' }];
  const [id, externalId] = [searchParams.get('sessionId'), searchParams.get('sessionExternalId')];
  if ((id === null) === (externalId === null)) return [400, { title: 'name the session once' }];
  const [, details, named] = path;
  const stage = named === undefined ? null : STAGES.get(named.toLowerCase());
  if (stage === undefined) return [400, { title: 'there is no such stage' }];
  const known = book.find(id, externalId);
  if (known === undefined) return [404, { title: 'there is no such session' }];
  return [200, details === undefined ? statusOf(known, stage ?? known.stage) : detailsOf(known)];
}

function stageOf({ stages }: Reported, stage: string) {
  const { status = null, progress = null } = stages.get(stage) ?? {};
  return { stage, status, progress };
}

function statusOf(known: Reported, stage: string) {
  const { id, externalId } = known.subject;
  return { sessionId: id, sessionExternalId: externalId, ...stageOf(known, stage) };
}

function detailsOf(known: Reported) {
  const { bank, isSca, userId, accounts } = known.subject;
  return {
    ...statusOf(known, known.stage),
    bankId: bank.id,
    isSca,
    userId,
    stages: [...STAGES.values()].map((stage) => stageOf(known, stage)),
    accounts: accounts
      .filter((_, place) => known.accounts.has(place))
      .map(({ accountNumber, accountType, accountRelation, manualAccountRelation }) => ({
        ...{ accountNumber, accountType, accountRelation, manualAccountRelation },
      })),
    transactions: [...known.pages.values()].map((page) => ({
      accountId: accounts[page.account]?.accountId ?? null,
      transactionStatus: page.transactionStatus ?? 'Booked',
      transactionsCount: page.transactionsCount ?? accounts[page.account]?.transactionsCount ?? null,
    })),
  };
}
