/** The SQLSTATE of an error of either driver, however often it is wrapped; null where it does not come from the store. */
export function sqlStateOf(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && /^[0-9A-Z]{5}$/.test(at.code)) return at.code;
  }
  return null;
}

/** Class 22 (data exception) or 23 (integrity constraint violation): caused by the data, not by the store. */
export function isDataFault(error: unknown): boolean {
  return /^2[23]/.test(sqlStateOf(error) ?? '');
}
