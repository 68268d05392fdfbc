/** The JSON Schema that comes from the declaration, used to check trees the way an editor would. */

import { strict as assert } from "node:assert";
import { z } from "zod";
import { listParameters } from "./entries.ts";
import { parameterJsonSchema } from "./json_schema.ts";
import { SCANDATA_PARAMS } from "./scandata/mod.ts";

const TREE = {
  verbose_level: "INFO",
  io: { autosave: null, rfile: "a.ptyr" },
  scans: {
    MF: {
      name: "Full",
      data: { name: "MoonFlowerScan", shape: [64, 64], positions_theory: [[0, 1]] },
      illumination: { aperture: { size: 3e-6 }, diversity: null },
      sample: { fill: "0.9+0.1j", process: null },
    },
  },
  engines: { e: { name: "DM", numiter: 5, position_refinement: true } },
};

const WRONG: readonly [what: string, change: Record<string, unknown>][] = [
  ["an unknown name", { runn: "a" }],
  ["a wrong type", { dry_run: 1 }],
  ["a value out of bounds", { engines: { e: { name: "DM", numiter: 0 } } }],
  ["an unknown engine", { engines: { e: { name: "XX" } } }],
  ["an unknown name in a loader", { scans: { MF: { ...TREE.scans.MF, data: { name: "PtydScan", photons: 1 } } } }],
];

Deno.test("parameterJsonSchema() accepts what parsePtycho() accepts", () => {
  const result = z.fromJSONSchema(parameterJsonSchema()).safeParse(TREE);
  assert.deepEqual(result.error?.issues ?? [], []);
});

for (const [what, change] of WRONG) {
  Deno.test(`parameterJsonSchema() refuses ${what}`, () => {
    assert.equal(z.fromJSONSchema(parameterJsonSchema()).safeParse({ ...TREE, ...change }).success, false);
  });
}

Deno.test("parameterJsonSchema() gives a leaf its type, bounds, default, unit and description, and nothing internal", () => {
  assert.deepEqual(parameterJsonSchema("scandata.MoonFlowerScan.density"), {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "number",
    default: 0.2,
    description: "Distance of neighbouring positions as a fraction of the frame's width in the sample",
  });
  assert.deepEqual(parameterJsonSchema("engine.Dummy.numiter"), {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "integer",
    minimum: 1,
    default: 20,
    description: "How many iterations this engine does",
  });
  assert.doesNotMatch(JSON.stringify(parameterJsonSchema()), /listed|placeholder|9007199254740991/);
});

Deno.test("parameterJsonSchema() has a schema for every path that is listed", () => {
  for (const { path } of listParameters()) assert.equal(typeof parameterJsonSchema(path).$schema, "string", path);
  assert.deepEqual(parameterJsonSchema("scan.Full.data.name").enum, SCANDATA_PARAMS.map((s) => s.shape.name.value));
});

Deno.test("parameterJsonSchema() refuses an unknown path", () => {
  assert.throws(() => parameterJsonSchema("engine.DN"), /engine\.DN: found no such parameter/);
});
