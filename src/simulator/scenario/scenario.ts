import { z } from 'zod';
import {
  NEXT_ACTIONS,
  PAYMENT_STATUSES,
  SESSION_OUTCOMES,
  STAGE_NAMES,
  STAGE_STATUSES,
  toWire,
} from '../../domain/words.ts';

const Share = z.number().min(0).max(1);
const Count = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);

/** Milliseconds, or from–to: each length is equally likely. */
const Pause = z
  .union([
    z.number().min(0),
    z.tuple([z.number().min(0), z.number().min(0)]).refine(([from, to]) => from <= to, 'from is above to'),
  ])
  .describe('Milliseconds before this callback, or [from, to]. Default: [300, 3000].');

const Identifier = z.union([z.string().min(1), z.number().int()]);

const Bank = z
  .strictObject({
    id: Identifier.describe('The aggregator sends it as text or as a number, as here.'),
    bic: z.string().optional(),
  })
  .describe('A bank. Each session and payment draws one.');

const Account = z
  .strictObject({
    accountNumber: z.string().min(1).optional().describe('Default: drawn.'),
    accountType: z.union([z.string(), z.number()]).optional().describe('Default: CurrentAccount.'),
    accountRelation: z.array(z.json()).optional(),
    manualAccountRelation: z.string().optional().describe('Default: Owner.'),
  })
  .describe('An account of the person. Steps name it by its place in the list, from 0.');

const Places = z.array(z.number().int().min(0)).min(1);

const Page = z
  .strictObject({
    account: z.number().int().min(0).describe('The place of the account, from 0.'),
    transactionStatus: z.string().min(1).optional().describe('Default: Booked.'),
    transactionsCount: Count.optional().describe('Default: drawn.'),
  })
  .describe('The first page of transactions of an account: a callback of its own shape.');

const Fields = z
  .record(z.string(), z.json())
  .describe('Fields that take the place of, or are added to, those of the body.');

const SessionStep = z
  .strictObject({
    pause: Pause.optional(),
    stage: z.enum(STAGE_NAMES.map(toWire)),
    status: z.enum(STAGE_STATUSES.map(toWire)),
    progress: z
      .string()
      .regex(/^\d+\/\d+$/)
      .optional()
      .describe('n/m'),
    accounts: z
      .union([z.literal('all'), Places])
      .optional()
      .describe('The accounts that the callback lists.'),
    page: Page.optional(),
    restart: z
      .boolean()
      .optional()
      .describe('Begins a new run: the pause before it is never shorter than --restart-quiet.'),
    fields: Fields.optional(),
  })
  .refine(({ page, accounts }) => page === undefined || accounts === undefined, 'a page lists no accounts')
  .describe('One callback.');

const SessionExpectation = z
  .strictObject({
    outcome: z.enum(SESSION_OUTCOMES),
    nextAction: z.enum(NEXT_ACTIONS),
    stage: z.enum(STAGE_NAMES),
    status: z.enum(STAGE_STATUSES),
    failedStage: z.enum(STAGE_NAMES).nullable(),
    stages: z.partialRecord(z.enum(STAGE_NAMES), z.enum(STAGE_STATUSES)).describe('Status by stage.'),
    accounts: Count.describe('How many accounts.'),
    pages: Count.describe('How many first pages.'),
    conflict: z.boolean(),
  })
  .partial()
  .describe('The state at the end, in the words of the graph. What is not named is not compared.');

const isSca = z.union([z.boolean(), z.literal(['true', 'false']), z.literal([0, 1])]);

const SessionPart = z
  .strictObject({
    share: z.number().int().min(1).optional().describe('How often it is drawn, of the sum. Default: 1.'),
    isSca: isSca.optional().describe('Default: one of the forms that the aggregator uses, drawn.'),
    accounts: z.array(Account).optional(),
    steps: z.array(SessionStep).min(1),
    expect: SessionExpectation,
  })
  .describe('A connection of a person to a bank.');

const PaymentStep = z
  .strictObject({
    pause: Pause.optional(),
    status: z.union([
      z.enum(PAYMENT_STATUSES.map(toWire)),
      z.number().int().min(1).max(PAYMENT_STATUSES.length),
    ]),
    fields: Fields.optional(),
  })
  .describe('One callback: the status by its name or by its number.');

const PaymentPart = z
  .strictObject({
    share: z.number().int().min(1).optional().describe('How often it is drawn, of the sum. Default: 1.'),
    steps: z.array(PaymentStep).min(1),
    expect: z
      .strictObject({ status: z.enum(PAYMENT_STATUSES), isFinal: z.boolean(), conflict: z.boolean() })
      .partial()
      .describe('The state at the end, in the words of the graph.'),
  })
  .describe('A payment.');

const Faults = z
  .strictObject({ duplicates: Share, late: Share, reorder: Share, drop: Share })
  .partial()
  .describe('Shares of the callbacks, where the command does not name its own.');

/** A scenario as its file has it: docs/simulator.md. Unknown fields are refused, so that none is silently ignored. */
export const ScenarioFile = z
  .strictObject({
    $schema: z.string().optional(),
    name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower case, digits and single hyphens'),
    description: z.string().optional(),
    people: z.array(z.string().min(1)).min(1).describe('Each session and payment draws one: its userId.'),
    banks: z.array(Bank).min(1),
    sessions: z.array(SessionPart).optional(),
    payments: z.array(PaymentPart).optional(),
    faults: Faults.optional(),
  })
  .describe('What the simulated aggregator does, and what has to come of it.');

export type Scenario = z.infer<typeof ScenarioFile>;
export type SessionPart = z.infer<typeof SessionPart>;
export type SessionStep = z.infer<typeof SessionStep>;
export type SessionExpectation = z.infer<typeof SessionExpectation>;
export type PaymentPart = z.infer<typeof PaymentPart>;
export type PaymentStep = z.infer<typeof PaymentStep>;
export type PaymentExpectation = PaymentPart['expect'];
export type Pause = z.infer<typeof Pause>;
export type Faults = z.infer<typeof Faults>;
