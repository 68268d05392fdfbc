/** Turns what zod found wrong into one sentence per parameter, in PtyPy's words. */

import type { z } from "zod";
import type { ParameterIssue } from "../errors.ts";
import { allowedText } from "./allowed.ts";
import { nearestName } from "./nearest.ts";
import { childOf, type Group, groupOf, isPlainObject, namesIn, optionsOf } from "./structure.ts";

/** Names that PtyPy 0.9 added to branches that Exitwave has too. */
const NEWER: ReadonlySet<string> = new Set([
  "frames_per_block",
  "min_frames_for_recon",
  "rformat",
  "benchmark",
  "ffttype",
  "resample",
  "resolution",
  "probe_fourier_support",
  "record_local_error",
  "fourier_power_bound",
  "compute_log_likelihood",
  "poly_line_coeffs",
  "wavefield_precond",
  "wavefield_delta_object",
  "wavefield_delta_probe",
  "method",
  "amplitude_decay",
  "metric",
  "block_wait_count",
  "electron_data",
  "sigma",
]);

type Issue = z.core.$ZodIssue;

/** Every mistake in `input`, once per parameter, in the order of what was written. */
export function findMistakes(schema: z.ZodType, input: unknown, error: z.ZodError): ParameterIssue[] {
  const found = new Map<string, ParameterIssue>();
  for (const issue of error.issues.flatMap((i) => flatten(i, input, []))) {
    for (const mistake of explain(schema, input, issue)) {
      if (!found.has(mistake.path)) found.set(mistake.path, mistake);
    }
  }
  const place = placesIn(input);
  return [...found.values()].map((mistake) => ({ mistake, place: place(mistake.path) })).sort(byPlace)
    .map(({ mistake }) => mistake);
}

/** The issues of the option that a group was meant for; a union of leaves stays one issue. */
function flatten(issue: Issue, input: unknown, base: readonly PropertyKey[]): Issue[] {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_union" && isPlainObject(valueAt(input, path))) {
    const meant = issue.errors.find((option) => !option.some((i) => i.path.length === 0 && i.code === "invalid_type"));
    if (meant !== undefined) return meant.flatMap((i) => flatten(i, input, path));
  }
  return [{ ...issue, path }];
}

function explain(schema: z.ZodType, input: unknown, issue: Issue): ParameterIssue[] {
  const place = locate(schema, input, issue.path.map(String));
  const value = valueAt(input, place.path);
  const path = place.path.join(".") || "ptycho";
  if (issue.code === "unrecognized_keys" && place.group !== null) {
    return unknownNames(place.group, value, { keys: issue.keys, path: place.path });
  }
  if (issue.code === "invalid_key") {
    return [{ path, message: `found label "${place.path.at(-1)}", expected one without dots, slashes and blanks` }];
  }
  if (issue.code === "invalid_union" && "discriminator" in issue && place.choice !== undefined) {
    return [{ path, message: unknownChoice(place.choice, value) }];
  }
  const found = value === undefined ? "is missing" : `found ${show(value)}`;
  return [{ path, message: `${found}, expected ${allowedText(place.schema)}` }];
}

interface Place {
  readonly path: string[];
  readonly schema: z.ZodType;
  readonly group: Group | null;
  /** The choice of which this is the `name`. */
  readonly choice?: z.ZodDiscriminatedUnion;
}

/** The deepest parameter on the way along `path`; an issue inside a leaf belongs to the leaf. */
function locate(schema: z.ZodType, input: unknown, path: readonly string[]): Place {
  let place: Place = { path: [], schema, group: groupOf(schema) };
  for (const key of path) {
    if (place.group === null) break;
    const here = valueAt(input, place.path);
    const next = [...place.path, key];
    const child = childOf(place.group, key, here);
    if (child === undefined) {
      const choice = place.group.type === "union" ? place.group as z.ZodDiscriminatedUnion : undefined;
      return choice !== undefined && key === "name" ? { ...place, path: next, choice } : place;
    }
    place = { path: next, schema: child, group: groupOf(child) };
  }
  return place;
}

function unknownNames(
  group: Group,
  value: unknown,
  at: { keys: readonly string[]; path: readonly string[] },
): ParameterIssue[] {
  const known = namesIn(group, value);
  return at.keys.map((key) => {
    const near = nearestName(key, known);
    const newer = NEWER.has(key) ? "; PtyPy 0.9 has it, but not the tree that Exitwave follows" : "";
    const hint = near === undefined ? newer : `; did you mean "${near}"?`;
    const expected = known.length === 0 ? "nothing here" : `one of ${known.join(", ")}`;
    return { path: [...at.path, key].join("."), message: `found an unknown name, expected ${expected}${hint}` };
  });
}

function unknownChoice(choice: z.ZodDiscriminatedUnion, value: unknown): string {
  const names = [...optionsOf(choice).keys()];
  if (value === undefined || value === null) return `is missing, expected one of ${names.join(", ")}`;
  const near = typeof value === "string" ? nearestName(value, names) : undefined;
  return `found ${show(value)}, expected one of ${names.join(", ")}${
    near === undefined ? "" : `; did you mean "${near}"?`
  }`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (Array.isArray(value)) value = value[Number(key)];
    else value = isPlainObject(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined;
  }
  return value;
}

function show(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Where paths are in the order in which the user wrote the parameters; what is missing comes last within its group. */
function placesIn(input: unknown): (path: string) => number[] {
  // Looked up and not searched: there may be as many mistakes as there are names.
  const known = new Map<unknown, ReadonlyMap<string, number>>();
  const ranksOf = (group: Record<string, unknown>) => {
    const ranks = known.get(group) ?? new Map(Object.keys(group).map((key, rank) => [key, rank]));
    known.set(group, ranks);
    return ranks;
  };
  return (path) => {
    let value = input;
    return path.split(".").map((key) => {
      if (!isPlainObject(value)) return 0;
      const ranks = ranksOf(value);
      value = value[key];
      return ranks.get(key) ?? ranks.size;
    });
  };
}

interface Placed {
  readonly place: readonly number[];
}

function byPlace({ place: x }: Placed, { place: y }: Placed): number {
  const differs = x.findIndex((v, i) => v !== (y[i] ?? -1));
  return differs < 0 ? x.length - y.length : (x[differs] ?? 0) - (y[differs] ?? -1);
}
