/** Parameter trees: small ones that run in some milliseconds, the same with something of the declared parameters in it, and spoiled ones. */

import fc from "fast-check";
import { parameterJsonSchema } from "../../core/parameters/json_schema.ts";
import { smallTree } from "../../functions/stages/testing.ts";
import { hostileJson, hostileText } from "./hostile_values.ts";
import { type Schema, spoiled, valueOf } from "./schema_values.ts";

/** A tree that is done at once. */
export const TINY: Readonly<Record<string, unknown>> = smallTree({
  scans: {
    MF: {
      name: "Full",
      data: { name: "MoonFlowerScan", num_frames: 4, shape: 16, density: 0.2, photons: 1e6 },
      illumination: { diversity: null, aperture: { form: "circ", size: 3e-6 } },
    },
  },
  engines: { a: { name: "DM", numiter: 2 }, b: { name: "ePIE", numiter: 1 } },
});

const SCHEMA: Schema = parameterJsonSchema();
const BRANCHES = fc.constantFrom("scans", "engines", "io", "engines", "scans");
const DECLARED = valueOf(SCHEMA, { document: SCHEMA, known: () => null }) as fc.Arbitrary<Record<string, unknown>>;

/** A tree with one to three values of the declaration in it, wherever they fit. */
const enriched = fc.tuple(DECLARED, BRANCHES, fc.array(fc.nat(), { minLength: 1, maxLength: 3 })).map(
  ([declared, branch, picks]) => {
    const leaves = leavesOf(declared[branch], [branch]);
    const tree = structuredClone(TINY);
    for (const pick of picks) if (leaves.length > 0) put(tree, leaves[pick % leaves.length]!);
    return tree;
  },
);

const broken = fc.tuple(fc.oneof(fc.constant(TINY), enriched), fc.nat(), hostileText, hostileJson).map(
  ([tree, at, name, wrong]) => spoiled(tree, { at, name, wrong }),
);

/** Trees of all kinds; about one in ten can be run. */
export const parameterTree: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(TINY) },
  { weight: 4, arbitrary: enriched },
  { weight: 6, arbitrary: broken },
  { weight: 1, arbitrary: DECLARED },
  { weight: 1, arbitrary: hostileJson },
);

interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

function leavesOf(value: unknown, path: readonly string[]): Leaf[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, [...path, name]));
}

/** Puts a leaf into the tree; labels of scans and engines become those that the tree has. */
function put(tree: Record<string, unknown>, { path, value }: Leaf): void {
  const [branch, label, ...rest] = path;
  const own = branch === "scans" ? ["scans", "MF", ...rest] : branch === "engines" ? ["engines", "a", ...rest] : path;
  if (label === undefined) return;
  let at = tree;
  for (const name of own.slice(0, -1)) {
    const next = Object.hasOwn(at, name) ? at[name] : undefined;
    if (typeof next !== "object" || next === null) {
      Object.defineProperty(at, name, { value: {}, enumerable: true, writable: true, configurable: true });
    }
    at = at[name] as Record<string, unknown>;
  }
  Object.defineProperty(at, own.at(-1)!, { value, enumerable: true, writable: true, configurable: true });
}
