/**
 * The edition of the rules by which callbacks come to states: raised with every change of the parser, of a callback's
 * placement, of the fold or of what is derived from it that alters a state. A store of an earlier edition is computed
 * again when it is opened. 1 was 0.1's.
 */
export const RULES_EDITION = 2;

/** The first edition whose rows say whether they confirm and put back: of an earlier one's it is decided afterwards. */
export const EFFECTS_IN_ROWS = 2;
