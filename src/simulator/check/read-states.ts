import { z } from 'zod';
import {
  NEXT_ACTIONS,
  PAYMENT_STATUSES,
  SESSION_OUTCOMES,
  STAGE_NAMES,
  STAGE_STATUSES,
} from '../../domain/words.ts';
import { failureReason } from '../../http/failure-reason.ts';
import type { Subject } from '../plan/subject.ts';

const Stage = z.object({ name: z.enum(STAGE_NAMES), status: z.enum(STAGE_STATUSES).nullable() });
const Session = z.object({
  outcome: z.enum(SESSION_OUTCOMES),
  nextAction: z.enum(NEXT_ACTIONS),
  conflict: z.boolean(),
  stage: Stage,
  failedStage: Stage.pick({ name: true }).nullable(),
  stages: z.array(Stage),
  accounts: z.array(z.object({ current: z.boolean() })),
  transactionPages: z.array(z.object({ accountId: z.string() })),
});
const Payment = z.object({ status: z.enum(PAYMENT_STATUSES), isFinal: z.boolean(), conflict: z.boolean() });

/** What the gateway shows of a session. */
export type ShownSession = z.infer<typeof Session>;
/** What the gateway shows of a payment. */
export type ShownPayment = z.infer<typeof Payment>;
export type Shown =
  | { readonly kind: 'session'; readonly session: ShownSession }
  | { readonly kind: 'payment'; readonly payment: ShownPayment };

const Answer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

export interface ReadStatesOptions {
  readonly url: string;
  /** Of an operator; null in explore mode. */
  readonly token: string | null;
  /** Called with the reason when nothing answers for the first time. */
  readonly onNoAnswer?: (reason: string) => void;
}

/** The gateway's limit on aliases of a document. */
const PER_QUERY = 15;
const TRIES = 40;
const TRY_AGAIN_MS = 500;

const FIELDS = {
  session: `outcome nextAction conflict stage { name status } failedStage { name } stages { name status }
    accounts { current } transactionPages { accountId }`,
  payment: 'status isFinal conflict',
} as const;

/**
 * Reads what the gateway shows of these, fifteen in a query. Those that it does not have are not in the map.
 * @throws Error where the gateway answers errors, or cannot be reached for 20 s
 */
export async function readStates(
  subjects: readonly Subject[],
  options: ReadStatesOptions,
): Promise<ReadonlyMap<Subject, Shown>> {
  const found = new Map<Subject, Shown>();
  for (let from = 0; from < subjects.length; from += PER_QUERY) {
    const some = subjects.slice(from, from + PER_QUERY);
    const data = await query(some, options);
    for (const [place, subject] of some.entries()) {
      const value = data[`s${place}`];
      if (value === null || value === undefined) continue;
      found.set(
        subject,
        subject.kind === 'session'
          ? { kind: 'session', session: Session.parse(value) }
          : { kind: 'payment', payment: Payment.parse(value) },
      );
    }
  }
  return found;
}

async function query(
  subjects: readonly Subject[],
  { url, token, onNoAnswer }: ReadStatesOptions,
): Promise<Record<string, unknown>> {
  const variables = Object.fromEntries(subjects.map(({ id }, place) => [`v${place}`, id]));
  const declared = subjects.map((_, place) => `$v${place}: ID!`).join(', ');
  const fields = subjects.map(
    ({ kind }, place) => `s${place}: ${kind}(${kind}Id: $v${place}) { ${FIELDS[kind]} }`,
  );
  const response = await post(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query: `query Simulated(${declared}) { ${fields.join('\n')} }`, variables }),
    onNoAnswer,
  });
  const text = await response.text();
  const { data, errors } = Answer.parse(readJson(text, response.status));
  if (errors !== undefined || data === null || data === undefined) {
    throw new Error(
      `the states cannot be read: ${errors?.[0]?.message ?? `${response.status} ${text.slice(0, 200)}`}`,
    );
  }
  return data;
}

/** A gateway that starts, or is overloaded, is asked again. */
async function post(
  gateway: string,
  { onNoAnswer, ...init }: RequestInit & Pick<ReadStatesOptions, 'onNoAnswer'>,
): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    try {
      const response = await fetch(`${gateway}/graphql`, { ...init, redirect: 'manual' });
      if ((response.status !== 503 && response.status !== 429) || tries === TRIES) return response;
      await response.arrayBuffer();
    } catch (cause) {
      const reason = failureReason(cause);
      if (tries === 1) onNoAnswer?.(reason);
      if (tries === TRIES)
        throw new Error(`no gateway answers at ${gateway} (${reason}): is it running?`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
  }
}

function readJson(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`the states cannot be read: ${status} ${text.slice(0, 200)}`, { cause });
  }
}
