/** Which parameters are floats for PtyPy, so that a whole number such as `photons: 100` is stored as one. */

import { ptychoParams } from "./ptycho.ts";
import { childOf, groupOf, isPlainObject, metaOf } from "./structure.ts";
import { entryOf } from "./entries.ts";

/** True if the parameter at `path` (below `ptycho`) is a float and not also an int, in a tree where `tree` was written. */
export function isFloatParameter(path: string, tree: Readonly<Record<string, unknown>>): boolean {
  let schema: Parameters<typeof groupOf>[0] | undefined = ptychoParams;
  let value: unknown = tree;
  for (const key of path.split(".")) {
    const group = schema === undefined ? null : groupOf(schema);
    if (group === null) return false;
    schema = childOf(group, key, value);
    value = isPlainObject(value) ? value[key] : undefined;
  }
  if (schema === undefined) return false;
  const types = metaOf(schema).types ?? entryOf(path, schema).types;
  return types.includes("float") && !types.includes("int");
}
