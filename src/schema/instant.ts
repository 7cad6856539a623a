import type { Instant } from '../domain/session/session.ts';

const FORM = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * Reads RFC 3339 strictly: a day that the month does not have is refused, not moved on. Digits finer than a
 * millisecond are cut off. Null for anything else.
 */
export function parseInstant(text: string): Instant | null {
  const match = FORM.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHours, offsetMinutes] = match;
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  const offset = [Number(offsetHours ?? 0), Number(offsetMinutes ?? 0)] as const;
  // 60 is a leap second, which our clock does not know: it is the next minute's first instant.
  if (h > 23 || m > 59 || s > 60 || offset[0] > 23 || offset[1] > 59) return null;
  const midnight = Date.parse(`${year}-${month}-${day}T00:00:00.000Z`);
  if (Number.isNaN(midnight) || new Date(midnight).getUTCDate() !== Number(day)) return null;
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  const ahead = (offset[0] * 60 + offset[1]) * (sign === '-' ? -1 : 1);
  return midnight + ((h * 60 + m - ahead) * 60 + s) * 1000 + milliseconds;
}
