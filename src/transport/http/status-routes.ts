import { createHash } from 'node:crypto';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Limits } from '../../config/limits.ts';
import type { Reads } from '../../db/read/reads.ts';
import type { Session } from '../../domain/session/session.ts';
import { mayReadNumbersOf, type Viewer } from '../../domain/viewer.ts';
import { STAGE_NAMES, type StageName, toWire } from '../../domain/words.ts';
import { badInput, CallboardError } from '../../errors.ts';
import { answer, answerProblem, JSON_TYPE } from '../../http/answer.ts';
import { READ, type Route, type Routed, type RouteHandler } from '../../http/router.ts';
import { type Emit, emitUnexpected } from '../../observe.ts';
import type { Admission } from '../engine/admission.ts';
import { admitted } from '../engine/admitted-engine.ts';
import type { Identify } from './graphql-http.ts';
import { detailsBody, detailsFields, statusBody } from './status-body.ts';
import { wwwAuthenticate } from './www-authenticate.ts';

interface StatusRoutesOptions {
  readonly reads: Pick<Reads, 'sessions'>;
  readonly identify: Identify;
  /** Of the details, whose lists are as long as the session's. */
  readonly limits: Pick<Limits, 'fields' | 'responseBytes'>;
  readonly emit: Emit;
  readonly admission: Admission;
}

/** Stands for a document in the admission: all polls cost the same. */
const STATUS = 'GET /api/session/status';

const STAGE_BY_WIRE: ReadonlyMap<string, StageName> = new Map(
  STAGE_NAMES.map((name) => [toWire(name).toLowerCase(), name]),
);

/**
 * The three routes that the aggregator's page documents for clients that poll, in its own words. A poll that would see
 * nothing new is answered 304. Who may see what is as in the graph.
 */
export function statusRoutes(options: StatusRoutesOptions): readonly Route[] {
  const { reads, identify, limits, admission, emit } = options;

  async function find({ req, query }: Routed): Promise<{ session: Session; viewer: Viewer }> {
    const { sessionId, sessionExternalId } = query;
    const viewer = await identify(req);
    const read = () => readOne(sessionId, sessionExternalId, viewer);
    const isGone = () => req.destroyed;
    const session = await admitted(admission, { viewer, isGone, text: STATUS, kind: 'query' }, read);
    if (session === null) throw new UnknownSession();
    return { session, viewer };
  }

  async function readOne(id: unknown, externalId: unknown, viewer: Viewer): Promise<Session | null> {
    if (typeof id === 'string' && id !== '' && externalId === undefined)
      return reads.sessions.find({ id }, { viewer });
    if (typeof externalId === 'string' && externalId !== '' && id === undefined) {
      return reads.sessions.find({ externalId }, { viewer });
    }
    throw badInput('Name the session once: by ?sessionId= or by ?sessionExternalId=.');
  }

  async function current(routed: Routed): Promise<void> {
    const { session } = await find(routed);
    give(routed, session, 'status', () => statusBody(session, session.stage));
  }

  async function ofStage(routed: Routed): Promise<void> {
    const stage = readStage(routed.params.stage ?? '');
    const { session } = await find(routed);
    give(routed, session, toWire(stage), () => statusBody(session, stage));
  }

  async function details(routed: Routed): Promise<void> {
    const { session, viewer } = await find(routed);
    // Another answer for those who read numbers whole: a shared tag would hand one out for the other.
    const variant = mayReadNumbersOf(viewer, session.userId) ? 'details' : 'details-masked';
    checkSize('fields', detailsFields(session), limits.fields);
    give(routed, session, variant, () => detailsBody(session, viewer), limits.responseBytes);
  }

  const route = (path: string, handle: RouteHandler): Route => ({
    methods: READ,
    path,
    handle: (routed) => handle(routed).catch((error: unknown) => refuse(routed.res, error, emit)),
  });
  return [
    route('/api/session/status', current),
    route('/api/session/status/details', details),
    route('/api/session/:stage/status', ofStage),
  ];
}

/** The session does not exist, or is not the viewer's: the same answer. */
class UnknownSession extends Error {}

function readStage(text: string): StageName {
  const stage = STAGE_BY_WIRE.get(text.toLowerCase());
  if (stage !== undefined) return stage;
  throw badInput(`Unknown stage; known are ${STAGE_NAMES.map(toWire).join(', ')}.`);
}

/** Answers with a body, or with 304 where the client holds it. */
function give(
  { req, res }: Routed,
  session: Session,
  variant: string,
  body: () => object,
  maxBytes = Number.POSITIVE_INFINITY,
): void {
  // By externalId another session may come to be meant: its version says nothing of this one's.
  const idHash = createHash('sha256').update(session.sessionId).digest('base64url').slice(0, 12);
  const etag = `"${idHash}.${session.version}.${variant}"`;
  const headers = { etag, 'cache-control': 'private, no-cache' };
  if (isKnown(req.headers['if-none-match'], etag)) {
    res.writeHead(304, headers).end();
    return;
  }
  const text = JSON.stringify(body());
  checkSize('bytes', text.length, maxBytes);
  answer(res, 200, { ...headers, 'content-type': JSON_TYPE }, text);
}

/** Throws LIMIT_EXCEEDED where these are too many. */
function checkSize(unit: 'fields' | 'bytes', found: number, allowed: number): void {
  if (found <= allowed) return;
  throw new CallboardError(
    'LIMIT_EXCEEDED',
    `The details of this session have ${found} ${unit}; at most ${allowed} are allowed: ask for /api/session/status, or over GraphQL for fewer fields.`,
  );
}

/** Weak comparison, as If-None-Match asks for (RFC 9110 §13.1.2). */
function isKnown(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((entry) => ['*', tag].includes(entry.trim().replace(/^W\//, '')));
}

const HEADERS_BY_STATUS: Readonly<Record<number, OutgoingHttpHeaders>> = {
  429: { 'retry-after': '1' },
  503: { 'retry-after': '5' },
};

function refuse(res: ServerResponse, error: unknown, emit: Emit): void {
  const { status, message } = toKnown(error) ?? {
    status: 500,
    message: `Unexpected error (id ${emitUnexpected(emit, 'a status could not be read', error)}).`,
  };
  const headers =
    error instanceof CallboardError && status === 401
      ? { 'www-authenticate': wwwAuthenticate(error.code) }
      : HEADERS_BY_STATUS[status];
  answerProblem(res, status, message, headers);
}

function toKnown(error: unknown): { readonly status: number; readonly message: string } | null {
  if (error instanceof UnknownSession) return { status: 404, message: 'No session of this name is known.' };
  return error instanceof CallboardError ? error : null;
}
