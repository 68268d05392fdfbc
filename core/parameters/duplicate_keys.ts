/** Finds keys that a JSON text has twice, of which JSON.parse() keeps the last without a word. */

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;

/** The first key that stands a second time in the same group of valid JSON, and its offset in the text; null if none does. */
export function findDuplicateKey(text: string): { key: string; offset: number } | null {
  // One entry per open bracket: the keys seen so far in a group, null in a list.
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (const { 0: token, index: offset } of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") open.push(token === "{" ? new Set() : null);
    else if (token === "}" || token === "]") open.pop();
    const keys = open.at(-1);
    if (token.startsWith('"') && expectsKey) {
      const key = String(JSON.parse(token));
      if (keys?.has(key)) return { key, offset };
      keys?.add(key);
    }
    expectsKey = (token === "{" || token === ",") && keys instanceof Set;
  }
  return null;
}
