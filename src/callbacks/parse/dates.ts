import type { Day, Json } from '../../domain/journal/callback.ts';

/** A day, and what may follow it: a time, an offset, or both, in any form. */
const DAY = /^\s*(\d{4})-(\d{2})-(\d{2})(?:$|[Tt\sZz+-])/;

/** How a program writes that it has no date. */
const NONE: readonly string[] = ['0001-01-01', '9999-12-31'];

/** What a date means: a day, none at all (null), or nothing that can be read (undefined). */
export function readDay(value: Json): Day | null | undefined {
  const match = typeof value === 'string' && value.length <= 64 ? DAY.exec(value) : null;
  if (match === null) return undefined;
  const [, year = '', month = '', day = ''] = match;
  if (year === '0000' || !isInMonth(Number(year), Number(month), Number(day))) return undefined;
  const written = `${year}-${month}-${day}`;
  return NONE.includes(written) ? null : written;
}

function isInMonth(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2) return day <= (isLeapYear ? 29 : 28);
  return day <= ([4, 6, 9, 11].includes(month) ? 30 : 31);
}
