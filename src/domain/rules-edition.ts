/**
 * The edition of the rules that compute states from callbacks: raised with every change that alters a state, be it in
 * the parser, in a callback's placement, in the fold or in what is derived from it. The states of a store of an earlier
 * edition are computed again when it is opened. Version 0.1 had edition 1.
 */
export const RULES_EDITION = 2;

/** The first edition whose rows have `confirms` and `putsBack`: for earlier rows, a rebuild decides them. */
export const EFFECTS_IN_ROWS = 2;
