/** JSON as values, and its one canonical text: what hashes and keys are computed from. */

/** Anything that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Deeper values are refused: they are no small JSON, and recursion must end before the stack does. */
const MAX_DEPTH = 100;

/**
 * The text of a value: no spaces, keys in the order of their UTF-16 units. Equal values have equal texts, whatever the order
 * in which their keys were written.
 *
 * @throws {TypeError} naming the place, for what JSON would drop or change (undefined, NaN, Infinity, class instances) and for
 *   values more than 100 levels deep
 */
export function canonicalJson(value: Json): string {
  return textOf(value, [], "value");
}

function textOf(value: Json, above: readonly string[], name: string): string {
  const path = [...above, name];
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (path.length > MAX_DEPTH) throw refuse(path, `more than ${MAX_DEPTH} levels`);
  if (isList(value)) return `[${Array.from(value, (item, i) => textOf(item, path, String(i))).join(",")}]`;
  if (typeof value === "object" && isRecord(value)) {
    const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${textOf(value[key]!, path, key)}`);
    return `{${members.join(",")}}`;
  }
  throw refuse(path, typeof value === "object" ? "an object that is not plain" : String(value));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isRecord(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function refuse(path: readonly string[], found: string): TypeError {
  const place = path.length > 8 ? `${path.slice(0, 8).join(".")}...` : path.join(".");
  return new TypeError(`Cannot write ${place} as JSON: found ${found}, expected JSON values only`);
}
