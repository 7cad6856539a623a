const HIDDEN = '••';

/**
 * An account number that is safe to show and to log: its first two characters and its last two, e.g. `BE••45`.
 * Of a number shorter than six characters nothing stays, since what is hidden could be guessed.
 */
export function maskNumber(accountNumber: string): string {
  const characters = [...accountNumber];
  if (characters.length < 6) return HIDDEN;
  return [...characters.slice(0, 2), HIDDEN, ...characters.slice(-2)].join('');
}
