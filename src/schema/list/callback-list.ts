import type { CallbackPage } from '../../db/read/list-reads.ts';
import type { ListOf } from '../../db/read/page.ts';
import type { CallbackFilter } from '../../domain/filters.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import { toConnection } from './connection.ts';
import { type ListArguments, readPage } from './list-page.ts';

/** The page of the journal that the arguments name: the newest first, unless they say otherwise. */
export function readCallbackPage(args: ListArguments<CallbackFilter, 'POSITION'>): CallbackPage {
  return readPage<CallbackFilter, 'POSITION'>('callbacks', 'POSITION', args);
}

export function toCallbackConnection(page: CallbackPage, list: ListOf<JournalRow>) {
  return toConnection('callbacks', page, list, ({ position }) => ({ at: position, id: '' }));
}
