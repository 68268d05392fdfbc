/** The known name that a misspelt one most likely means. */

import { levenshteinDistance } from "@std/text/levenshtein_distance.js";

/** The nearest of `known` by edit distance, regardless of case; undefined if none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (best === undefined || distance < best.distance) best = { name: candidate, distance };
  }
  const far = name.length <= 3 ? 1 : Math.max(2, name.length / 3);
  return best !== undefined && best.distance <= far ? best.name : undefined;
}

function editDistance(a: string, b: string): number {
  const distance: unknown = levenshteinDistance(a, b);
  return typeof distance === "number" ? distance : Infinity;
}
