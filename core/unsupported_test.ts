/** What is refused, what is mentioned, and what passes. */

import { strict as assert } from "node:assert";
import { UnsupportedError } from "./errors.ts";
import { parsePtycho } from "./ptycho_params.ts";
import { checkSupported } from "./unsupported.ts";

const SCAN = { name: "Full", data: { name: "MoonFlowerScan" } };

Deno.test("checkSupported() mentions each default that is not built once and refuses nothing", () => {
  const { notices } = check({ scans: { A: SCAN, B: SCAN }, engines: { e0: { name: "DM" }, e1: { name: "ML" } } });
  assert.deepEqual(notices.map((n) => n.match(/io\.\w+/)?.[0]), ["io.interaction", "io.autoplot"]);
});

Deno.test("checkSupported() says nothing of what the user switched off", () => {
  assert.deepEqual(check({ io: { interaction: false, autoplot: { active: false } } }).notices, []);
  assert.deepEqual(
    check({ io: { interaction: { server: { active: false } }, autoplot: { interval: -1 } } }).notices,
    [],
  );
});

const VOLUMES = { scans: { A: { name: "Bragg3dModel", data: { name: "Bragg3dSimScan" } } } };

const REFUSED: readonly [path: string, value: unknown, tree: Record<string, unknown>][] = [
  ["ipython_kernel", true, { ipython_kernel: true }],
  ["io.interaction.active", true, { io: { interaction: { active: true } } }],
  ["io.interaction.server.port", 5000, { io: { interaction: { server: { port: 5000 } } } }],
  ["io.autoplot.interval", 5, { io: { autoplot: { interval: 5 } } }],
  ["engines.e.name", "DM", { ...VOLUMES, engines: { e: { name: "DM" } } }],
  ["engines.e.name", "DM_3dBragg", { engines: { e: { name: "DM_3dBragg" } } }],
  ["engines.e.subpix", "fourier", { engines: { e: { name: "DM", subpix: "fourier" } } }],
  ["engines.e.subpix_start", 3, { engines: { e: { name: "DM", subpix_start: 3 } } }],
  ["engines.e.probe_support", 0.5, { engines: { e: { name: "DM_simple", probe_support: 0.5 } } }],
  ["engines.e.probe_support", 0.5, { engines: { e: { name: "Dummy", probe_support: 0.5 } } }],
  ["engines.e.ML_type", "euclid", { engines: { e: { name: "ML", ML_type: "euclid" } } }],
  ["engines.e.position_refinement.start", 5, { engines: { e: { name: "ML", position_refinement: { start: 5 } } } }],
];

for (const [path, value, tree] of REFUSED) {
  Deno.test(`checkSupported() refuses ${path} = ${JSON.stringify(value)} with a reason`, () => {
    const error = refusal(tree);
    assert.deepEqual(error.fields.parameters, [{ path, value, reason: reasonOf(error.message) }]);
    assert.ok(error.message.startsWith(`${path}: found ${JSON.stringify(value)}, but `));
  });
}

const ACCEPTED: readonly [what: string, tree: Record<string, unknown>][] = [
  ["position refinement in DM", { engines: { e: { name: "DM", position_refinement: { start: 5 } } } }],
  ["an engine without support that is told so", { engines: { e: { name: "DM_simple", probe_support: null } } }],
  ["ML with the refinement off", { engines: { e: { name: "ML", position_refinement: false } } }],
  ["subpix None", { engines: { e: { name: "DM", subpix: null } } }],
  ["a .ptyr file as illumination", inScan({ illumination: "../a.ptyr" })],
  ["arrays in files as models", inScan({ illumination: { model: "p.npy" }, sample: { model: "a.h5:/x/y" } })],
  ["pictures, templates and the frames themselves as models", {
    scans: {
      A: { ...SCAN, illumination: "stxm", sample: { model: "tree", stxm: { label: "B" } } },
      B: { ...SCAN, illumination: { model: "zone_plate" }, sample: { model: "stxm" } },
    },
  }],
  ["model recon", inScan({ illumination: { model: "recon", recon: { rfile: "a.ptyr" } } })],
  ["several modes", inScan({ coherence: { num_probe_modes: 3, num_object_modes: 2 } })],
  ["parameters of many processes in ePIE", {
    engines: { e: { name: "ePIE", average_probe: true, redistribute_data: false, synchronization: 5 } },
  }],
  ["volumes without engines", VOLUMES],
  ["load_parallel", inScan({ data: { name: "PtydScan", load_parallel: "all" } })],
];

for (const [what, tree] of ACCEPTED) {
  Deno.test(`checkSupported() accepts ${what}`, () => {
    assert.doesNotThrow(() => check({ ...tree, io: { interaction: null, autoplot: null } }));
  });
}

Deno.test("checkSupported() names everything that is not built in one error", () => {
  const error = refusal({
    ipython_kernel: true,
    scans: { A: { name: "Full", data: { name: "QuickScan" } } },
    engines: { e: { name: "DM_3dBragg", subpix: "fourier" } },
  });
  assert.deepEqual((error.fields.parameters as { path: string }[]).map((u) => u.path), [
    "ipython_kernel",
    "engines.e.name",
    "engines.e.subpix",
  ]);
});

function inScan(change: Record<string, unknown>): Record<string, unknown> {
  return { scans: { A: { ...SCAN, ...change } } };
}

function check(tree: Record<string, unknown>): { notices: string[] } {
  const { p, written } = parsePtycho(tree);
  return checkSupported(p, written);
}

function refusal(tree: Record<string, unknown>): UnsupportedError {
  try {
    check(tree);
  } catch (e) {
    assert.ok(e instanceof UnsupportedError);
    return e;
  }
  assert.fail("nothing was refused");
}

function reasonOf(message: string): string {
  return message.slice(message.indexOf(", but ") + 6);
}
