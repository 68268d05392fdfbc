/** Chemical formulas: `H2O`, `Ca5(PO4)3OH`, `Si0.9Ge0.1`. */

/** How many atoms of an element a formula has. */
export type Composition = ReadonlyMap<string, number>;

const TOKEN = /([A-Z][a-z]?)|(\()|(\))|(\d+\.?\d*|\.\d+)/y;
/** Longer than any name of a substance; what follows is a slip of the pen or of somebody who means harm. */
const LONGEST = 200;

/**
 * The atoms of a formula; an element that stands several times is added up.
 *
 * @throws {SyntaxError} with one sentence that says where the formula ends to be one
 */
export function parseFormula(text: string): Composition {
  if (text.length > LONGEST) throw new SyntaxError(`it has ${text.length} characters, expected at most ${LONGEST}`);
  // The group that is open, and those around it.
  const open: Map<string, number>[] = [new Map()];
  // What a number that follows multiplies.
  let last: Map<string, number> | null = null;
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null) throw new SyntaxError(`"${text[at]}" at place ${at + 1} belongs to no formula`);
    const [token, element, opens, closes] = found;
    if (element !== undefined) {
      add(open.at(-1)!, last, 1);
      last = new Map([[element, 1]]);
    } else if (opens !== undefined) {
      add(open.at(-1)!, last, 1);
      last = null;
      open.push(new Map());
    } else if (closes !== undefined) {
      add(open.at(-1)!, last, 1);
      if (open.length === 1) throw new SyntaxError(`")" at place ${at + 1} closes nothing`);
      last = open.pop()!;
      if (last.size === 0) throw new SyntaxError(`the group that ends at place ${at + 1} is empty`);
    } else {
      if (last === null) throw new SyntaxError(`the number at place ${at + 1} follows no element`);
      if (!(Number(token) > 0)) throw new SyntaxError(`the number at place ${at + 1} is not above 0`);
      add(open.at(-1)!, last, Number(token));
      last = null;
    }
    at += token.length;
  }
  if (open.length > 1) throw new SyntaxError(`"(" is not closed`);
  add(open[0]!, last, 1);
  if (open[0]!.size === 0) throw new SyntaxError("it is empty");
  return open[0]!;
}

/** Adds `part` `times` times. Changes `sum`. */
function add(sum: Map<string, number>, part: Composition | null, times: number): void {
  for (const [element, count] of part ?? []) sum.set(element, (sum.get(element) ?? 0) + times * count);
}
