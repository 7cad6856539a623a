import type { Json } from '../domain/callback.ts';

const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?)?$/;

// The years 0001 to 9999: what RFC 3339 can write.
const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * An ISO 8601 date, or date and time, as milliseconds since 1970; without a zone it is UTC, and finer than
 * milliseconds is cut off. Null for anything else, also for a day that no calendar has.
 */
export function readDate(value: Json | undefined): number | null {
  const match = typeof value === 'string' && value.length <= 40 ? ISO.exec(value) : null;
  if (match === null) return null;
  const [, day = '', hours = '00', minutes = '00', seconds = '00', fraction = '', zone = 'Z'] = match;
  const midnight = Date.parse(day);
  // V8 reads 31 February as 3 March.
  if (new Date(midnight).getUTCDate() !== Number(day.slice(-2))) return null;
  const time = (Number(hours) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000;
  const instant = midnight + time + Number(fraction.slice(0, 3).padEnd(3, '0')) - offsetOf(zone);
  return instant >= EARLIEST && instant <= LATEST ? instant : null;
}

/** A zone's distance from UTC in milliseconds: `+02:00`, `+0200` or `Z`. */
function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const distance = (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60_000;
  return zone.startsWith('-') ? -distance : distance;
}
