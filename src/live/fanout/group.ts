import type { GraphQLFormattedError } from 'graphql';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { Stalled } from '../../domain/session/silence.ts';
import type { Emit, LiveSubject } from '../../observe.ts';
import type { Hub } from '../hub.ts';
import type { Unsubscribe } from '../pub-sub.ts';
import type { Holding, Message, Opening, Source } from '../sources/source.ts';
import type { Topic } from '../topics.ts';
import { type GroupPort, Member } from './member.ts';
import { type Rendered, type Selection, SharedMessage } from './shared-message.ts';
import { SharedStalled } from './shared-stalled.ts';
import type { Sink } from './sink.ts';

/** A subscription that was accepted: what the fan-out uses of the engine's LiveOperation. */
export interface Subscribable extends Selection {
  readonly source: Source;
  /** The same for all subscriptions with the same document, variables and viewer scope. */
  readonly key: string;
}

/** What a group needs of the fan-out. */
export interface FanoutPort {
  readonly hub: Pick<Hub, 'subscribe'>;
  readonly queueLimit: number;
  readonly errorOf: (error: unknown) => GraphQLFormattedError;
  readonly emit: Emit;
  /** The store's clock. */
  readonly now: () => number;
  trackLagging(member: Member): void;
  remove(member: Member): void;
  /** The group has no member any more. */
  empty(group: Group): void;
}

/** All subscriptions with one key, for as long as there is one: one listener at the hub, one execution a message. */
export class Group implements GroupPort {
  readonly key: string;
  readonly queueLimit: number;
  readonly emit: Emit;
  readonly now: () => number;
  readonly subject: LiveSubject;
  readonly #source: Source;
  readonly #selection: Selection;
  readonly #fanout: FanoutPort;
  readonly #members = new Set<Member>();
  readonly #unsubscribe: Unsubscribe;
  /** What was made of messages that several members are sent when they start over together; null until they do. */
  #shared: WeakMap<Message, SharedMessage> | null = null;
  #reopening: Promise<Opening<Message>> | null = null;
  /** Whether entries can be made into messages: not before the store was read once. */
  #hasLearned = false;

  constructor(operation: Subscribable, fanout: FanoutPort) {
    const { key, source } = operation;
    this.key = key;
    this.queueLimit = fanout.queueLimit;
    this.emit = fanout.emit;
    this.now = fanout.now;
    this.subject = subjectOf(source.topic);
    this.#source = source;
    this.#selection = operation;
    this.#fanout = fanout;
    this.#unsubscribe = fanout.hub.subscribe(source.topic, (published) => {
      if ('stalled' in published) this.#publishStalled(published);
      else this.#publish(published);
    });
  }

  /** `source` has the member's own cursors; in everything else it is like the group's. */
  join(source: Source, sink: Sink): Member {
    const member = new Member(this, sink);
    this.#members.add(member);
    void member.open(() => this.#open(source, sink));
    return member;
  }

  async #open(source: Source, { transport }: Sink): Promise<Opening<Message>> {
    const opening = await source.open();
    const { emit, subject } = this;
    emit.subscriptionOpened?.({
      transport,
      subject,
      resumed: source.resumes === true,
      recovered: isRecovered(opening),
    });
    return opening;
  }

  /** The store has another history. */
  restart(): void {
    this.#hasLearned = false;
    this.#reopening = null;
    this.#source.unlearn();
    for (const member of this.#members) member.restart();
  }

  close(): void {
    for (const member of this.#members) member.leave('draining');
  }

  share(message: Message): SharedMessage {
    const known = this.#shared?.get(message);
    if (known !== undefined) return known;
    const shared = new SharedMessage(message);
    this.#shared?.set(message, shared);
    return shared;
  }

  render(message: SharedMessage): Rendered | Promise<Rendered> {
    return message.render(this.#selection);
  }

  resume(held: Holding): Promise<Opening<Message>> {
    return this.#source.resume(held);
  }

  /** One reading for all members that start over at once. */
  reopen(): Promise<Opening<Message>> {
    this.#shared ??= new WeakMap();
    const reopening = this.#reopening ?? this.#source.reopen();
    this.#reopening = reopening;
    const isOver = () => {
      if (this.#reopening === reopening) this.#reopening = null;
    };
    reopening.then(isOver, isOver);
    return reopening;
  }

  learn(opening: Opening<Message>): void {
    this.#source.learn(opening);
    this.#hasLearned = true;
  }

  errorsOf(error: unknown): readonly GraphQLFormattedError[] {
    return [this.#fanout.errorOf(error)];
  }

  trackLagging(member: Member): void {
    this.#fanout.trackLagging(member);
  }

  remove(member: Member): void {
    this.#members.delete(member);
    this.#fanout.remove(member);
    if (this.#members.size > 0) return;
    this.#unsubscribe();
    this.#fanout.empty(this);
  }

  #publish(entry: JournalEntry): void {
    if (!this.#hasLearned) {
      for (const member of this.#members) member.skip(entry.position);
      return;
    }
    const message = this.#source.toMessage(entry);
    if (message === null) return;
    const shared = new SharedMessage(message, {
      position: entry.position,
      conflationKey: this.#source.conflationKey(message),
      receivedAt: performance.now() - this.now() + entry.row.receivedAt,
    });
    for (const member of this.#members) member.deliver(shared);
  }

  /** Before the store was read once every member is opening, and takes nothing of it but its time. */
  #publishStalled(stalled: Stalled): void {
    const made = this.#source.toStalled(stalled);
    if (made === null) return;
    const shared = new SharedStalled(stalled.dueAt, made);
    for (const member of this.#members) member.deliverStalled(shared);
  }
}

/** False where a cursor could not be honoured: then the first message says so. */
function isRecovered({ messages: [first] }: Opening<Message>): boolean {
  return first === undefined || !('recovered' in first) || first.recovered !== false;
}

function subjectOf(topic: Topic): LiveSubject {
  if (topic === 'journal') return 'callback';
  return topic.startsWith('session') ? 'session' : 'payment';
}
