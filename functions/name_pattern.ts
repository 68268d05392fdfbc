/** Patterns of file names: `*` and `?` within a name, `**` over folders. No regular expressions: time stays in proportion. */

/** Whether a path below a prefix, parts joined by "/", is meant by a pattern. `**` alone means every file. */
export function matchesPattern(path: string, pattern: string): boolean {
  return matches(path.split("/"), pattern.split("/"), {
    isAny: (part) => part === "**",
    isSame: (name, part) =>
      matches([...name], [...part], { isAny: (c) => c === "*", isSame: (a, b) => b === "?" || a === b }),
  });
}

/** Whether a list is what another describes, of which some items stand for any number of any items. */
function matches(
  list: readonly string[],
  pattern: readonly string[],
  { isAny, isSame }: { isAny: (item: string) => boolean; isSame: (found: string, item: string) => boolean },
): boolean {
  let [i, j] = [0, 0];
  // Where to go on from, with one more item for the latest wildcard: going back to an earlier one finds nothing new.
  let [restart, star] = [0, -1];
  while (i < list.length) {
    const item = pattern[j];
    if (item !== undefined && isAny(item)) [restart, star] = [i, j++];
    else if (item !== undefined && isSame(list[i]!, item)) [i, j] = [i + 1, j + 1];
    else if (star >= 0) [i, j] = [++restart, star + 1];
    else return false;
  }
  return pattern.slice(j).every(isAny);
}

/** Names that programs give to what they have not written to its end, and hidden files. */
export function isTemporaryName(name: string): boolean {
  return /^[.~#]|[~#]$|\.(tmp|temp|part|partial|filepart|crdownload|download|swp|lock|old|bak)$/i.test(name);
}
