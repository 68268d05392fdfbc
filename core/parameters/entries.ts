/** The parameter tree as a flat list, derived from the declaration. */

import { z } from "zod";
import { ParameterError } from "../errors.ts";
import { allowedText, boundsOf } from "./allowed.ts";
import { nearestName } from "./nearest.ts";
import { defaultOf, type Group, groupOf, innerOf, metaOf } from "./structure.ts";
import { PARAMETER_TREE } from "./tree.ts";

/** One parameter or group of the tree. Plain JSON. */
export interface ParameterEntry {
  /** Full path in the list, such as `engine.DM.numiter`. */
  readonly path: string;
  /** Type names as PtyPy lists them. */
  readonly types: readonly string[];
  /** Default as JSON: None is null, tuples are arrays; null also where there is none. */
  readonly default: unknown;
  /** Least value allowed, or null. */
  readonly min: number | null;
  /** Greatest value allowed, or null. */
  readonly max: number | null;
  readonly unit: string | null;
  readonly description: string;
  /** Branch that holds the parameters of this group. */
  readonly link?: string;
  /** What may be written, in words; only for leaves. */
  readonly allowed?: string;
  /** True for parameters that PtyPy does not have. */
  readonly ours?: boolean;
  /** True for parameters that PtyPy has since 0.9. */
  readonly newer?: boolean;
}

/** Every entry of the tree, in the order of the declaration: the 869 of PtyPy, those that 0.9 added, and ours, which are marked. */
export function listParameters(): ParameterEntry[] {
  return entriesIn(PARAMETER_TREE, "");
}

/**
 * The entries at and below `path`, a path of the list such as `engine.DM`; a leading `ptycho.` may be left out.
 *
 * @throws {ParameterError} if there is no such path, with the nearest one
 */
export function listParametersAt(path: string): ParameterEntry[] {
  const all = listParameters();
  const below = (root: string) => all.filter((e) => e.path === root || e.path.startsWith(`${root}.`));
  const found = below(path);
  // Within a parameter file nobody writes `ptycho`.
  const inFile = found.length > 0 ? found : below(`ptycho.${path}`);
  if (inFile.length > 0) return inFile;
  const near = nearestPath(path, all.map((e) => e.path));
  // In a file labels stand where the list has the names of models, loaders and engines.
  const isLabelled = /^(ptycho\.)?(scans|engines)\./.test(path);
  const hint = near !== undefined
    ? `; did you mean "${near}"?`
    : isLabelled
    ? "; parameters of scans are listed as scan.<model> and scandata.<loader>, those of engines as engine.<name>"
    : "";
  throw new ParameterError([{ path, message: `found no such parameter${hint}` }]);
}

/** The entry of one parameter or group, given its schema. */
export function entryOf(path: string, schema: z.ZodType): ParameterEntry {
  const meta = metaOf(schema);
  const group = groupOf(schema);
  const preset = meta.listedDefault ?? defaultOf(schema);
  return {
    path,
    types: meta.types ?? typesOf(schema),
    default: meta.link !== undefined && meta.placeholder === undefined ? null : preset ?? (group === null ? null : {}),
    ...boundsOf(schema),
    unit: meta.unit ?? null,
    description: meta.description ?? "",
    ...(meta.link !== undefined && meta.placeholder === undefined && { link: meta.link }),
    ...(group === null && { allowed: allowedText(schema) }),
    ...(meta.ours === true && { ours: true }),
    ...(meta.newer === true && { newer: true }),
  };
}

function entriesIn(group: z.ZodObject, base: string): ParameterEntry[] {
  return Object.entries(group.shape as Readonly<Record<string, z.ZodType>>).flatMap(([key, schema]) => {
    const path = base === "" ? key : `${base}.${key}`;
    const entries = [entryOf(path, schema), ...below(path, schema)];
    const { ours, newer } = metaOf(schema);
    // What stands in a branch of ours is ours, also where the same parameter stands in branches of PtyPy; so it is with what 0.9 added.
    if (ours === true) return entries.map((entry) => ({ ...entry, ours }));
    return newer === true ? entries.map((entry) => ({ ...entry, newer })) : entries;
  });
}

function below(path: string, schema: z.ZodType): ParameterEntry[] {
  const meta = metaOf(schema);
  const group: Group | null = groupOf(schema);
  if (meta.listedName !== undefined) return [standIn(`${path}.name`, "str", meta.listedName)];
  if (meta.placeholder !== undefined) {
    const entry = standIn(`${path}.${meta.placeholder}`, "Param", meta.listedEntry ?? "");
    return [{ ...entry, ...(meta.link !== undefined && { link: meta.link }) }];
  }
  return meta.link === undefined && group instanceof z.ZodObject ? entriesIn(group, path) : [];
}

function standIn(path: string, type: string, description: string): ParameterEntry {
  return { path, types: [type], default: null, min: null, max: null, unit: null, description };
}

function typesOf(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodNumber) return [schema.isInt ? "int" : "float"];
  if (schema instanceof z.ZodBoolean) return ["bool"];
  if (schema instanceof z.ZodString || schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral) return ["str"];
  if (schema instanceof z.ZodObject) return ["Param"];
  const inner = innerOf(schema);
  if (inner === null) throw new TypeError("Cannot name the types of a parameter: its declaration has no `types`");
  return typesOf(inner);
}

/** The nearest path: at each level the nearest name below what is known so far. */
function nearestPath(path: string, known: readonly string[]): string | undefined {
  const whole = nearestName(path, known);
  if (whole !== undefined) return whole;
  const last = path.split(".").at(-1);
  return known.find((k) => k.split(".").at(-1) === last);
}
