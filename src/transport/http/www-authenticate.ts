import type { ErrorCode } from '../../errors.ts';

/** The header of a 401 (RFC 6750 §3): an expired token is told apart from a missing or bad one. */
export function wwwAuthenticate(code: ErrorCode): string {
  if (code !== 'TOKEN_EXPIRED') return 'Bearer';
  return 'Bearer error="invalid_token", error_description="The token has expired"';
}
