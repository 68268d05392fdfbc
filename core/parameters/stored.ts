/** Parameters in the form in which a `.ptyr` file keeps them, so that PtyPy reads them back. */

import { z } from "zod";
import { type Complex } from "./values.ts";
import { childOf, groupOf, innerOf, isPlainObject, metaOf } from "./structure.ts";

/** What a user wrote, as PtyPy would hold it. */
export interface StoredParameters {
  /** The tree with complex numbers as {re, im}, words as the numbers they mean, and nothing that PtyPy does not know. */
  readonly pars: Record<string, unknown>;
  /** True for paths such as `scans.MF.data.energy` whose whole numbers are floats for PtyPy. */
  isFloat(path: string): boolean;
}

/**
 * Prepares a tree that `schema` accepted. Parameters that are ours are left out, because PtyPy refuses names that it does not
 * know; a group that was switched off by `false` is stored as `{active: false}`, which PtyPy takes everywhere.
 */
export function storedParameters(schema: z.ZodType, input: Readonly<Record<string, unknown>>): StoredParameters {
  const floats = new Set<string>();
  const pars = storedGroup(schema, input, { path: "", floats });
  return { pars, isFloat: (path) => floats.has(path) };
}

interface Place {
  readonly path: string;
  readonly floats: Set<string>;
}

function storedGroup(schema: z.ZodType, input: Readonly<Record<string, unknown>>, at: Place): Record<string, unknown> {
  const group = groupOf(schema);
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(input)) {
    const child = group === null ? undefined : childOf(group, key, input);
    if (value === undefined || (child !== undefined && metaOf(child).ours === true)) continue;
    result[key] = storedValue(child, value, { ...at, path: at.path === "" ? key : `${at.path}.${key}` });
  }
  return result;
}

function storedValue(schema: z.ZodType | undefined, value: unknown, at: Place): unknown {
  if (schema === undefined) return value;
  const group = groupOf(schema);
  if (group !== null && isPlainObject(value)) return storedGroup(schema, value, at);
  if (group !== null) return typeof value === "boolean" && !isBool(schema) ? { active: value } : value;
  if (isFloat(schema) === true) at.floats.add(at.path);
  const parsed: unknown = schema.safeParse(value).data;
  const isMeant = typeof value === "string" || metaOf(schema).types?.includes("complex") === true;
  if (isMeant && typeof value !== "number" && (isComplex(parsed) || typeof parsed === "number")) return parsed;
  return value;
}

/** True if PtyPy itself takes a switch for this group. */
function isBool(schema: z.ZodType): boolean {
  return metaOf(schema).types?.includes("bool") === true;
}

/** Whether the numbers of a leaf are floats; null if it has none. Where both are allowed, whole numbers stay whole. */
function isFloat(schema: z.ZodType): boolean | null {
  if (metaOf(schema).types?.includes("int") === true) return false;
  if (schema instanceof z.ZodNumber) return !schema.isInt;
  const parts = schema instanceof z.ZodUnion
    ? schema.options as readonly z.ZodType[]
    : schema instanceof z.ZodTuple
    ? schema.def.items as readonly z.ZodType[]
    : schema instanceof z.ZodArray
    ? [schema.element as z.ZodType]
    : [innerOf(schema)].filter((inner) => inner !== null);
  for (const part of parts) {
    const found = isFloat(part);
    if (found !== null) return found;
  }
  return null;
}

function isComplex(value: unknown): value is Complex {
  return isPlainObject(value) && typeof value.re === "number" && typeof value.im === "number";
}
