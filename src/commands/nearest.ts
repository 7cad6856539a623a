/** Of these words the one that takes the fewest changes of a character, `most` at most, to become `word`. */
export function nearest(
  word: string,
  words: readonly string[],
  most = Number.POSITIVE_INFINITY,
): string | undefined {
  let found: string | undefined;
  let least = most + 1;
  for (const candidate of words) {
    const distance = distanceOf(word, candidate);
    if (distance >= least) continue;
    found = candidate;
    least = distance;
  }
  return found;
}

/** Characters to insert, remove or replace (Levenshtein). */
function distanceOf(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [row, character] of [...from].entries()) {
    const line = [row + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (to[column - 1] === character ? 0 : 1);
      line.push(Math.min(replaced, (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1));
    }
    above = line;
  }
  return above[to.length] ?? 0;
}
