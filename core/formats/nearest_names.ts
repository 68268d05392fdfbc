/** Which of the known names a misspelt one may have meant. */

/** Up to `limit` of `names`, nearest first by edit distance; names that have little in common with `wanted` are left out. */
export function nearestNames(wanted: string, names: readonly string[], limit = 3): string[] {
  const target = wanted.toLowerCase();
  return names
    .map((name) => ({ name, distance: distanceTo(name.toLowerCase(), target) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(Math.max(name.length, target.length) / 2)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ name }) => name);
}

/** Edit distance, two letters that changed places being one edit; 0.5 where one name begins with or contains the other. */
function distanceTo(name: string, target: string): number {
  if (name === target) return 0;
  if (name.length > 2 && target.length > 2 && (name.includes(target) || target.includes(name))) return 0.5;
  let before: number[] = [];
  let previous = Array.from({ length: target.length + 1 }, (_, j) => j);
  for (let i = 1; i <= name.length; i++) {
    const row = [i];
    for (let j = 1; j <= target.length; j++) {
      const change = previous[j - 1]! + (name[i - 1] === target[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && name[i - 1] === target[j - 2] && name[i - 2] === target[j - 1];
      const swap = isSwap ? before[j - 2]! + 1 : Infinity;
      row.push(Math.min(change, swap, previous[j]! + 1, row[j - 1]! + 1));
    }
    [before, previous] = [previous, row];
  }
  return previous[target.length]!;
}
