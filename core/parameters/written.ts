/** Which parameters a user wrote. */

import type { z } from "zod";
import { childOf, groupOf, isPlainObject } from "./structure.ts";

/** Full paths of all leaves that `input` gives to `schema`; a group given as None, a switch or a text counts as a leaf. */
export function writtenPaths(schema: z.ZodType, input: unknown): Set<string> {
  const found = new Set<string>();
  collect(schema, input, { path: "", found });
  return found;
}

function collect(schema: z.ZodType | undefined, input: unknown, at: { path: string; found: Set<string> }): void {
  const group = schema === undefined ? null : groupOf(schema);
  if (group === null || !isPlainObject(input)) {
    if (at.path !== "") at.found.add(at.path);
    return;
  }
  for (const [key, value] of Object.entries(input)) {
    if (value === undefined) continue;
    const path = at.path === "" ? key : `${at.path}.${key}`;
    collect(childOf(group, key, input), value, { path, found: at.found });
  }
}
