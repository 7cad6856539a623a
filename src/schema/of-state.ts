/**
 * Options of a field that depends on its parent alone: neither on arguments, the viewer, the clock or a setting, nor on
 * what has to be read. What is written for it may be kept with the state and given to every viewer who may see the state
 * (transport/engine/compiled).
 */
export const OF_STATE = { extensions: { ofState: true } } as const;

/** Options of a type whose objects are states: what was written for one is kept with it. */
export const STATE = { extensions: { keepsText: 'brief' } } as const;

/** Options of a type whose objects live for one answer, or for the equal ones of one turn of the event loop. */
export const SHORT_LIVED = { extensions: { keepsText: 'long' } } as const;
