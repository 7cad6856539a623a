import { store } from '../schema.ts';

/** The columns of the store's row that make a `Head`. */
export const HEAD_COLUMNS = {
  identity: store.identity,
  position: store.position,
  fingerprint: store.fingerprint,
  lowest: store.lowest,
  lowestFingerprint: store.lowestFingerprint,
};
