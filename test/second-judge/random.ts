/** Draws that depend on their name alone: the same name gives the same draws on every machine. */
export interface Random {
  /** Uniform in [from, to). */
  between(from: number, to: number): number;
  /** A whole number, both ends included. */
  whole(from: number, to: number): number;
  /** Uniform in the logarithm: as likely between 0.1 and 1 as between 1 and 10. */
  logBetween(from: number, to: number): number;
  chance(share: number): boolean;
}

/** FNV-1a of the name seeds mulberry32: 32 bits of state are plenty for the few hundred draws of a session. */
export function createRandom(name: string): Random {
  let state = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  // Names that differ in their last character only start from close states.
  for (let i = 0; i < 8; i++) next();
  const between = (from: number, to: number) => from + next() * (to - from);
  return {
    between,
    whole: (from, to) => Math.floor(between(from, to + 1)),
    logBetween: (from, to) => Math.exp(between(Math.log(from), Math.log(to))),
    chance: (share) => next() < share,
  };
}
