import type { JournalEntry } from '../domain/journal/entry.ts';
import type { Hub } from './hub.ts';
import { topicsOf } from './topics.ts';

/** Publishes an entry on each of its topics. Free where nobody subscribes. */
export function publishEntry(hub: Pick<Hub, 'publish' | 'size'>, entry: JournalEntry): void {
  if (hub.size === 0) return;
  for (const topic of topicsOf(entry)) hub.publish(topic, entry);
}
