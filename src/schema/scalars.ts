import { badInput } from '../errors.ts';
import type { Builder } from './builder.ts';
import { parseInstant } from './instant.ts';

/** DateTime, an instant in milliseconds inside Callboard; LocalDate, a day as text; and JSON. */
export function defineScalars(builder: Builder): void {
  builder.scalarType('DateTime', {
    description: 'RFC 3339 in UTC with milliseconds, e.g. 2026-11-22T11:57:00.000Z.',
    specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
    serialize: (instant) => new Date(instant).toISOString(),
    parseValue(value) {
      const instant = typeof value === 'string' ? parseInstant(value) : null;
      if (instant === null) {
        throw badInput('DateTime: give text as RFC 3339 has it, e.g. "2026-11-22T11:57:00.000Z".');
      }
      return instant;
    },
  });
  builder.scalarType('LocalDate', {
    description: 'A day without a time, e.g. 2019-02-26.',
    specifiedByURL: 'https://scalars.graphql.org/andimarek/local-date.html',
    serialize: (day) => day,
    parseValue(value) {
      if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) {
        throw badInput('LocalDate: give a day as "2019-02-26".');
      }
      return value;
    },
  });
  builder.scalarType('JSON', {
    description: 'Any JSON value, as it was reported.',
    serialize: (value) => value,
  });
}
