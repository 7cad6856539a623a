import type { Message, Opening } from '../sources/source.ts';

/** What is being read from the store for one member, and how much of it has been sent. */
export interface Reading {
  /** Whether the store was asked: not before the sink takes something, so that what is read is new when sent. */
  isRequested: boolean;
  opening: Opening<Message> | null;
  /** How many of the opening's messages were sent. */
  sent: number;
  /** When the last session stalled that was published meanwhile, which the reading may lack; -1: none did. */
  stalledTo: number;
  /** Whether what the subscriber holds is of a history that the store no longer has. */
  readonly startsOver: boolean;
}

/** A reading that is requested as soon as the sink takes something. */
export const newReading = ({ startsOver }: { readonly startsOver: boolean }): Reading => ({
  isRequested: false,
  opening: null,
  sent: 0,
  stalledTo: -1,
  startsOver,
});
