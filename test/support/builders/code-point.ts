import fc from 'fast-check';

const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff;

/**
 * Any character of Unicode. The unit `binary` of fast-check is the same, but keeps a table of all million of them in
 * memory until the process ends.
 */
export const codePoint: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10_ffff })
  .filter((code) => !isSurrogate(code))
  .map((code) => String.fromCodePoint(code));
