/**
 * An account number that is safe to show and to log: its first and last two characters, the rest dots. Of fewer
 * than five characters none is shown, because too few would be hidden.
 */
export function maskNumber(accountNumber: string): string {
  const characters = Array.from(accountNumber);
  const shown = characters.length < 5 ? 0 : 2;
  return characters
    .map((character, place) => (place < shown || place >= characters.length - shown ? character : '•'))
    .join('');
}
