import type { Delivery } from '../plan/plan.ts';
import type { SessionSubject } from '../plan/subject.ts';

interface StageReport {
  readonly status: string;
  readonly progress: string | null;
}

/** What an aggregator knows of one of its sessions. */
export interface Reported {
  readonly subject: SessionSubject;
  /** The stage of its last step. */
  stage: string;
  readonly stages: Map<string, StageReport>;
  /** Places of the accounts that it has listed. */
  readonly accounts: Set<number>;
  readonly pages: Map<string, NonNullable<SessionSubject['part']['steps'][number]['page']>>;
}

/** What the simulated aggregator knows at this moment: its own steps, whether or not their callbacks arrived. */
export interface Book {
  /** Adds a step at its moment; a duplicate adds nothing. */
  add(delivery: Delivery): void;
  find(id: string | null, externalId: string | null): Reported | undefined;
}

export function createBook(): Book {
  const byId = new Map<string, Reported>();
  const byExternalId = new Map<string, Reported>();
  return {
    add({ subject, step: place, kind }) {
      if (subject.kind !== 'session' || kind !== 'original') return;
      const step = subject.part.steps[place];
      if (step === undefined) return;
      const known = byId.get(subject.id) ?? begin(subject, step.stage);
      byId.set(subject.id, known);
      byExternalId.set(subject.externalId, known);
      if (step.restart === true) known.stages.clear();
      known.stage = step.stage;
      const before = known.stages.get(step.stage)?.progress ?? null;
      known.stages.set(step.stage, { status: step.status, progress: step.progress ?? before });
      for (const account of step.accounts === 'all' ? subject.accounts.keys() : (step.accounts ?? []))
        known.accounts.add(account);
      if (step.page !== undefined) {
        known.pages.set(`${step.page.account} ${step.page.transactionStatus ?? 'Booked'}`, step.page);
      }
    },
    find: (id, externalId) => (id === null ? byExternalId.get(externalId ?? '') : byId.get(id)),
  };
}

function begin(subject: SessionSubject, stage: string): Reported {
  return { subject, stage, stages: new Map(), accounts: new Set(), pages: new Map() };
}
