/** Thrown where a compiled query meets what it was not made for: graphql-js executes the query instead. */
class GiveUp extends Error {
  override readonly name = 'GiveUp';
}

/** One for all: a stack says nothing, and would cost more than the query. */
export const GIVE_UP = new GiveUp('left to graphql-js');
