import { z } from 'zod';
import { NEXT_ACTIONS, SESSION_OUTCOMES, STAGE_NAMES, STAGE_STATUSES } from '../../domain/words.ts';
import { failureReason } from '../../http/failure-reason.ts';

const State = z.object({
  outcome: z.enum(SESSION_OUTCOMES),
  nextAction: z.enum(NEXT_ACTIONS),
  conflict: z.boolean(),
  stage: z.object({ name: z.enum(STAGE_NAMES), status: z.enum(STAGE_STATUSES).nullable() }),
  failedStage: z.object({ name: z.enum(STAGE_NAMES) }).nullable(),
  stages: z.array(
    z.object({
      name: z.enum(STAGE_NAMES),
      status: z.enum(STAGE_STATUSES).nullable(),
      facts: z.array(z.object({ attempt: z.number(), position: z.string() })),
    }),
  ),
  accounts: z.array(z.object({ id: z.string() })),
  transactionPages: z.array(z.object({ accountId: z.string() })),
});
/** What the gateway shows of a session. */
export type ExportedState = z.infer<typeof State>;

const Row = z.object({
  position: z.string(),
  receivedAt: z.string(),
  outcome: z.string(),
  body: z.string().nullable(),
});
/** A row of its journal. */
export type ExportedRow = z.infer<typeof Row>;

const Answer = z.object({
  data: z
    .object({
      session: State.extend({
        callbacks: z.object({
          edges: z.array(z.object({ node: Row })),
          pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
        }),
      }).nullable(),
    })
    .nullish(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

const DOCUMENT = `query Export($sessionId: ID!, $after: String) {
  session(sessionId: $sessionId) {
    outcome nextAction conflict
    stage { name status }
    failedStage { name }
    stages { name status facts { attempt position } }
    accounts { id }
    transactionPages { accountId }
    callbacks(first: 50, after: $after, orderBy: { field: POSITION, direction: ASC }) {
      edges { node { position receivedAt outcome body } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

export interface ReadSessionOptions {
  /** The gateway's address. */
  readonly url: string;
  /** Of an operator; null in explore mode. */
  readonly token: string | null;
  readonly sessionId: string;
}

/**
 * Reads a session and its whole journal, in its order.
 * @throws Error where there is no such session, or the gateway refuses
 */
export async function readSession(
  options: ReadSessionOptions,
): Promise<{ readonly state: ExportedState; readonly rows: readonly ExportedRow[] }> {
  const rows: ExportedRow[] = [];
  for (let after: string | null = null; ; ) {
    const session = await readPage(options, after);
    rows.push(...session.callbacks.edges.map(({ node }) => node));
    const { hasNextPage, endCursor } = session.callbacks.pageInfo;
    if (!hasNextPage) return { state: session, rows };
    after = endCursor;
  }
}

async function readPage({ url, token, sessionId }: ReadSessionOptions, after: string | null) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query: DOCUMENT, variables: { sessionId, after } }),
    redirect: 'manual',
  }).catch((cause: unknown) => {
    throw new Error(`no gateway answers at ${url} (${failureReason(cause)}): is it running?`, { cause });
  });
  const text = await response.text();
  const { data, errors } = Answer.parse(readJson(text, response.status));
  const [failure] = errors ?? [];
  if (failure !== undefined) throw new Error(`the session cannot be read: ${failure.message}`);
  if (data?.session === null || data?.session === undefined) {
    throw new Error('there is no such session, or it is not one that this token may see');
  }
  return data.session;
}

function readJson(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`the session cannot be read: ${status} ${text.slice(0, 200)}`, { cause });
  }
}
