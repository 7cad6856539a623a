import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Limits } from '../../config/limits.ts';
import type { Reads } from '../../db/read/reads.ts';
import type { Session } from '../../domain/session/session.ts';
import { mayReadNumbersOf, type Viewer } from '../../domain/viewer.ts';
import { STAGE_NAMES, type StageName, toWire } from '../../domain/words.ts';
import { badInput, CallboardError } from '../../errors.ts';
import { PROBLEM_TYPE, problem } from '../../http/problem.ts';
import { type Report, reportUnexpected } from '../../observe.ts';
import type { Admission } from '../engine/admission.ts';
import { admitted } from '../engine/admitted-engine.ts';
import type { Identify } from './graphql-http.ts';
import { detailsBody, detailsFields, statusBody } from './status-body.ts';

interface Parts {
  readonly reads: Pick<Reads, 'sessions'>;
  readonly identify: Identify;
  /** Of the details, whose lists are as long as the session's. */
  readonly limits: Pick<Limits, 'fields' | 'responseBytes'>;
  readonly report: Report;
  readonly admission: Admission;
}

/** Stands for a document: all polls cost the same. */
const STATUS = 'GET /api/session/status';

type Asked = FastifyRequest<{ Querystring: Readonly<Record<string, unknown>> }>;

const STAGE_BY_WIRE: ReadonlyMap<string, StageName> = new Map(
  STAGE_NAMES.map((name) => [toWire(name).toLowerCase(), name]),
);

/**
 * The three routes that the aggregator's page documents for clients that poll (DESIGN §7), in its own words. A
 * poll that would see nothing new is answered 304. Who may see what is as in the graph.
 */
export function statusRoutes({ reads, identify, limits, admission, report }: Parts) {
  return async (app: FastifyInstance): Promise<void> => {
    app.setErrorHandler((error, _request, reply) => refuse(reply, error, report));

    app.get('/api/session/status', async (request: Asked, reply) => {
      const { session } = await find(request);
      return tell(request, reply, session, 'status', () => statusBody(session, session.stage));
    });

    app.get('/api/session/status/details', async (request: Asked, reply) => {
      const { session, viewer } = await find(request);
      // Another answer for those who read numbers whole: a shared tag would hand one out for the other.
      const variant = mayReadNumbersOf(viewer, session.userId) ? 'details' : 'details-masked';
      checkSize('fields', detailsFields(session), limits.fields);
      return tell(request, reply, session, variant, () => detailsBody(session, viewer), limits.responseBytes);
    });

    app.get<{ Params: { stage: string }; Querystring: Readonly<Record<string, unknown>> }>(
      '/api/session/:stage/status',
      async (request, reply) => {
        const stage = readStage(request.params.stage);
        const { session } = await find(request);
        return tell(request, reply, session, toWire(stage), () => statusBody(session, stage));
      },
    );
  };

  async function find({ raw, query }: Asked): Promise<{ session: Session; viewer: Viewer }> {
    const { sessionId, sessionExternalId } = query;
    const viewer = await identify(raw);
    const read = () => readOne(sessionId, sessionExternalId, viewer);
    const isGone = () => raw.destroyed;
    const session = await admitted(admission, { viewer, isGone, text: STATUS, kind: 'query' }, read);
    if (session === null) throw new Unknown();
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
}

/** The session does not exist, or is not the viewer's: the same answer. */
class Unknown extends Error {}

function readStage(text: string): StageName {
  const stage = STAGE_BY_WIRE.get(text.toLowerCase());
  if (stage !== undefined) return stage;
  throw badInput(`Unknown stage; known are ${STAGE_NAMES.map(toWire).join(', ')}.`);
}

function tell(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  session: Session,
  variant: string,
  body: () => object,
  mostBytes = Number.POSITIVE_INFINITY,
): FastifyReply {
  // By externalId another session may come to be meant: its version says nothing of this one's.
  const whose = createHash('sha256').update(session.sessionId).digest('base64url').slice(0, 12);
  const tag = `"${whose}.${session.version}.${variant}"`;
  reply.header('etag', tag).header('cache-control', 'private, no-cache');
  if (isKnown(headers['if-none-match'], tag)) return reply.code(304).send();
  const text = JSON.stringify(body());
  checkSize('bytes', text.length, mostBytes);
  return reply.type('application/json; charset=utf-8').send(text);
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

function refuse(reply: FastifyReply, error: unknown, report: Report): FastifyReply {
  const known = toKnown(error);
  const { status, message } = known ?? {
    status: 500,
    message: `Unexpected error (id ${reportUnexpected(report, 'a status could not be told', error)}).`,
  };
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  if (status === 429) reply.header('retry-after', '1');
  if (status === 503) reply.header('retry-after', '5');
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem(status, message)));
}

function toKnown(error: unknown): { readonly status: number; readonly message: string } | null {
  if (error instanceof Unknown) return { status: 404, message: 'No session of this name is known.' };
  return error instanceof CallboardError ? error : null;
}
