import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { Stalled } from '../../domain/session/silence.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Rendered } from '../../live/fanout/shared-message.ts';
import type { Holding, Message, Opening, Source, StalledMessage } from '../../live/sources/source.ts';
import type { Topic } from '../../live/topics.ts';
import type { Admission, PendingOperation } from './admission.ts';
import type { Engine, LiveOperation, Operation, Refusal } from './engine.ts';
import type { GraphqlRequest, RequestSeed } from './request.ts';
import { maxCostOf } from './result-cost.ts';

/**
 * The same engine, its work done when the admission lets it: queries, the opening of a subscription, and what a
 * subscription reads later from the store. A refusal is an error of that operation alone.
 */
export function createAdmittedEngine<E extends Engine>(engine: E, admission: Admission): E {
  return {
    ...engine,
    parse(request: GraphqlRequest, seed: RequestSeed): Refusal | Operation {
      const operation = engine.parse(request, seed);
      if ('errors' in operation) return operation;
      const { viewer, isGone } = seed;
      const text = request.query;
      return {
        kind: operation.kind,
        execute() {
          const query: PendingOperation = { viewer, isGone, text, kind: 'query' };
          return admitted(admission, query, () => operation.execute()).catch((error: unknown) => ({
            errors: [engine.errorOf(error)],
          }));
        },
        async subscribe() {
          const live = await operation.subscribe();
          if ('errors' in live) return live;
          return new AdmittedOperation(live, new AdmittedSource(live.source, admission, { text, viewer }));
        },
      };
    },
  };
}

/** Executes `work` once there is leave for it. */
export async function admitted<T>(
  admission: Admission,
  operation: PendingOperation,
  work: () => Promise<T>,
): Promise<T> {
  const entered = admission.enter(operation);
  const { leave } = entered instanceof Promise ? await entered : entered;
  let result: T | undefined;
  try {
    result = await work();
    return result;
  } finally {
    leave(() => maxCostOf(result));
  }
}

/** The same operation; what its source reads from the store is admitted first. */
class AdmittedOperation implements LiveOperation {
  readonly source: Source;
  readonly #operation: LiveOperation;

  constructor(operation: LiveOperation, source: Source) {
    this.source = source;
    this.#operation = operation;
  }

  get key(): string {
    return this.#operation.key;
  }

  run(message: Message): Rendered | Promise<Rendered> {
    return this.#operation.run(message);
  }
}

class AdmittedSource implements Source {
  readonly #source: Source;
  readonly #admission: Admission;
  readonly #text: string;
  readonly #viewer: Viewer;

  constructor(
    source: Source,
    admission: Admission,
    { text, viewer }: Pick<PendingOperation, 'text' | 'viewer'>,
  ) {
    this.#source = source;
    this.#admission = admission;
    this.#text = text;
    this.#viewer = viewer;
  }

  get topic(): Topic {
    return this.#source.topic;
  }

  get resumes(): boolean {
    return this.#source.resumes === true;
  }

  get share(): string {
    return this.#source.share;
  }

  open(): Promise<Opening<Message>> {
    return this.#admitted('opening', () => this.#source.open());
  }

  resume(held: Holding): Promise<Opening<Message>> {
    return this.#admitted('running', () => this.#source.resume(held));
  }

  reopen(): Promise<Opening<Message>> {
    return this.#source.reopen();
  }

  learn(opening: Opening<Message>): void {
    this.#source.learn(opening);
  }

  unlearn(): void {
    this.#source.unlearn();
  }

  toMessage(entry: JournalEntry): Message | null {
    return this.#source.toMessage(entry);
  }

  toStalled(stalled: Stalled): StalledMessage<Message> | null {
    return this.#source.toStalled(stalled);
  }

  conflationKey(message: Message): string | null {
    return this.#source.conflationKey(message);
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return this.#source[Symbol.asyncIterator]();
  }

  #admitted<T>(kind: PendingOperation['kind'], read: () => Promise<T>): Promise<T> {
    return admitted(this.#admission, { viewer: this.#viewer, text: this.#text, kind }, read);
  }
}
