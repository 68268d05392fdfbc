/** How a parameter tree is read, and every kind of mistake in it. */

import { strict as assert } from "node:assert";
import fc from "fast-check";
import { ParameterError } from "./errors.ts";
import { listParameters } from "./parameters/entries.ts";
import { parsePtycho } from "./ptycho_params.ts";

const DATA = { name: "MoonFlowerScan" };

Deno.test("parsePtycho() fills in every default of an empty tree", () => {
  const { p, written } = parsePtycho({});
  assert.equal(p.verbose_level, 1);
  assert.equal(p.data_type, "single");
  assert.equal(p.seed, 0);
  assert.equal(p.io.rfile, "recons/%(run)s/%(run)s_%(engine)s_%(iterations)04d.ptyr");
  assert.equal(p.io.interaction.server.port, 5560);
  assert.deepEqual([p.scans, p.engines, written.size], [{}, {}, 0]);
});

Deno.test("parsePtycho() takes scans and engines under any label, chosen by name, with the defaults of that name", () => {
  const { p } = parsePtycho({
    scans: { MF: { name: "Full", data: DATA }, "scan-2": { name: "Vanilla", data: { name: "QuickScan" } } },
    engines: { e0: { name: "DM_simple" }, "7": { name: "ePIE" } },
  });
  const [mf, second] = [p.scans.MF!, p.scans["scan-2"]!];
  assert.equal(mf.data.shape, 128);
  assert.equal(second.data.shape, 64);
  assert.ok(second.name === "Vanilla" && !("coherence" in second));
  assert.ok(mf.name === "Full" && mf.coherence.num_probe_modes === 1);
  assert.deepEqual([p.engines.e0?.numiter, p.engines["7"]?.numiter], [123, 20]);
});

Deno.test("parsePtycho() returns the paths of the leaves that were written, None, switches and texts included", () => {
  const { written } = parsePtycho({
    io: { autosave: false, interaction: { server: { active: false } } },
    scans: {
      MF: {
        name: "Full",
        data: { ...DATA, shape: [64, 64], center: null },
        illumination: "a.ptyr",
        sample: { fill: { re: 1, im: 0 }, process: null },
      },
    },
    engines: { e: { name: "DM", position_refinement: true } },
  });
  assert.deepEqual([...written].sort(), [
    "engines.e.name",
    "engines.e.position_refinement",
    "io.autosave",
    "io.interaction.server.active",
    "scans.MF.data.center",
    "scans.MF.data.name",
    "scans.MF.data.shape",
    "scans.MF.illumination",
    "scans.MF.name",
    "scans.MF.sample.fill",
    "scans.MF.sample.process",
  ]);
});

Deno.test("parsePtycho() takes the words of verbose_level in either case", () => {
  const words = ["CRITICAL", "ERROR", "WARNING", "WARN", "INFO", "INTERACTIVE", "INSPECT", "DEBUG", "info"];
  assert.deepEqual(words.map((verbose_level) => parsePtycho({ verbose_level }).p.verbose_level), [
    0,
    1,
    2,
    2,
    3,
    4,
    4,
    5,
    3,
  ]);
});

Deno.test("parsePtycho() turns a group that is switched off into that group, inactive", () => {
  for (const off of [null, false]) {
    const { io } = parsePtycho({ io: { autosave: off, autoplot: off, interaction: off } }).p;
    assert.deepEqual([io.autosave.active, io.autoplot.active, io.interaction.active], [false, false, false]);
    assert.equal(io.autosave.interval, 10);
  }
  assert.equal(parsePtycho({ io: { autosave: true } }).p.io.autosave.active, true);
});

Deno.test("parsePtycho() starts position refinement at 0 if it is simply true, and not at all if it is false or None", () => {
  const start = (position_refinement: unknown) => {
    const engine = parsePtycho({ engines: { e: { name: "DM", position_refinement } } }).p.engines.e!;
    assert.ok(engine.name === "DM");
    return [engine.position_refinement.start, engine.position_refinement.stop, engine.position_refinement.nshifts];
  };
  assert.deepEqual([true, false, null, {}].map(start), [[0, null, 4], [null, null, 4], [null, null, 4], [
    null,
    null,
    4,
  ]]);
});

const COMPLEX: readonly [written: unknown, re: number, im: number][] = [
  [0.5, 0.5, 0],
  ["0.9+0.1j", 0.9, 0.1],
  ["(0.9-0.1j)", 0.9, -0.1],
  ["-1e-3 - 2.5E2i", -0.001, -250],
  ["2j", 0, 2],
  ["-j", 0, -1],
  ["3", 3, 0],
  [".5j", 0, 0.5],
  [{ re: 1, im: -2 }, 1, -2],
  [[0.25, 4], 0.25, 4],
];

for (const [fill, re, im] of COMPLEX) {
  Deno.test(`parsePtycho() reads the complex number ${JSON.stringify(fill)}`, () => {
    const scan = parsePtycho({ scans: { MF: { name: "Full", data: DATA, sample: { fill } } } }).p.scans.MF!;
    assert.ok(typeof scan.sample === "object");
    assert.deepEqual(scan.sample.fill, { re, im });
  });
}

Deno.test("parsePtycho() takes None for a group as its defaults, and for process and diversity as none", () => {
  const scan = parsePtycho({
    scans: { MF: { name: "Full", data: DATA, illumination: null, sample: { process: null, diversity: null } } },
  }).p.scans.MF!;
  assert.ok(scan.name === "Full" && typeof scan.illumination === "object");
  assert.equal(scan.illumination.aperture.form, "circ");
  assert.deepEqual([scan.sample.process, scan.sample.diversity], [null, null]);
});

Deno.test("parsePtycho() takes arrays as nested lists or as the name of a file", () => {
  for (const positions_theory of [[[0, 1e-6], [1e-6, 0]], "p.npy", "a.h5:/x/y", null]) {
    const { p } = parsePtycho({ scans: { MF: { name: "Vanilla", data: { ...DATA, positions_theory } } } });
    assert.deepEqual(p.scans.MF?.data.positions_theory, positions_theory);
  }
});

const NULLABLE = [
  "probe_support",
  "probe_center_tol",
  "clip_object",
  "obj_smooth_std",
  "subpix",
];
for (const key of NULLABLE) {
  Deno.test(`parsePtycho() takes None for ${key} of DM`, () => {
    const engine: Record<string, unknown> = parsePtycho({ engines: { e: { name: "DM", [key]: null } } }).p.engines.e!;
    assert.equal(engine[key], null);
  });
}

/** A tree with one mistake, its path and what its message must contain. */
const MISTAKES: readonly [what: string, tree: unknown, path: string, says: readonly string[]][] = [
  ["something that is no group", 3, "ptycho", ["found 3", "a group"]],
  ["an unknown name", { dat_type: 1 }, "dat_type", [
    "unknown name",
    "data_type",
    "verbose_level",
    'did you mean "data_type"?',
  ]],
  ["an unknown name in a group", { io: { autosave: { intervall: 3 } } }, "io.autosave.intervall", [
    'did you mean "interval"?',
  ]],
  [
    "an unknown name in a switchable group",
    engine({ position_refinement: { bla: 1 } }),
    "engines.e.position_refinement.bla",
    [
      "nshifts",
    ],
  ],
  ["a name of PtyPy 0.9", { frames_per_block: 100 }, "frames_per_block", ["unknown name", "PtyPy 0.9 has it"]],
  ["a wrong type", engine({ numiter: "many" }), "engines.e.numiter", ['found "many"', "a whole number >= 1"]],
  ["a broken whole number", engine({ numiter: 1.5 }), "engines.e.numiter", ["found 1.5", "a whole number >= 1"]],
  ["a switch for a number", engine({ alpha: true }), "engines.e.alpha", ["found true", "a number >= 0"]],
  ["a number for a switch", engine({ update_object_first: 1 }), "engines.e.update_object_first", [
    "found 1",
    "true or false",
  ]],
  ["a value below its bound", engine({ numiter: 0 }), "engines.e.numiter", ["found 0", "a whole number >= 1"]],
  ["a value above its bound", data({ rebin: 9 }), "scans.MF.data.rebin", [
    "found 9",
    "a whole number from 1 to 8 or None",
  ]],
  ["an infinite number", engine({ alpha: Infinity }), "engines.e.alpha", ["found Infinity", "a number >= 0"]],
  ["None where nothing can follow", engine({ numiter: null }), "engines.e.numiter", [
    "found None",
    "a whole number >= 1",
  ]],
  ["a wrong word", { data_type: "quad" }, "data_type", ['found "quad"', '"single" or "double"']],
  ["a wrong length", engine({ clip_object: [1, 2, 3] }), "engines.e.clip_object", [
    "found [1,2,3]",
    "a list of 2 numbers",
  ]],
  ["a negative entry of a pair", data({ psize: [1, -1] }), "scans.MF.data.psize", [
    "found [1,-1]",
    "a list of 2 numbers >= 0",
  ]],
  ["a ragged array", data({ positions_theory: [[1, 2], [3]] }), "scans.MF.data.positions_theory", [
    "nested lists",
    "x.npy",
  ]],
  ["a wrong orientation", data({ orientation: 8 }), "scans.MF.data.orientation", ["found 8", "7"]],
  ["a wrong complex number", scan({ sample: { fill: "1+" } }), "scans.MF.sample.fill", ['found "1+"', "0.9+0.1j"]],
  ["a wrong part of a complex number", scan({ sample: { fill: { re: 1 } } }), "scans.MF.sample.fill", [
    'found {"re":1}',
  ]],
  ["an unknown engine", { engines: { e: { name: "DN" } } }, "engines.e.name", [
    'found "DN"',
    "DM_3dBragg",
    'did you mean "DM"?',
  ]],
  ["a missing engine name", { engines: { e: {} } }, "engines.e.name", ["is missing", "one of DM, DM_simple, ML"]],
  ["a missing loader name", { scans: { MF: { name: "Full", data: {} } } }, "scans.MF.data.name", [
    "is missing",
    "PtydScan",
  ]],
  ["a loader that is only a base", data({ name: "PtyScan" }), "scans.MF.data.name", ['found "PtyScan"', "PtydScan"]],
  ["missing data", { scans: { MF: { name: "Full" } } }, "scans.MF.data", ["is missing", "MoonFlowerScan"]],
  ["a scan that is no group", { scans: { MF: 3 } }, "scans.MF", ["found 3", "Vanilla, Full, Bragg3dModel"]],
  ["a label with a dot", { engines: { "a.b": { name: "DM" } } }, "engines.a.b", ["a.b", "without dots"]],
  [
    "a search that never happens",
    engine({ position_refinement: { interval: 0 } }),
    "engines.e.position_refinement.interval",
    [
      "found 0",
      "a whole number >= 1",
    ],
  ],
  ["no trial shifts", engine({ position_refinement: { nshifts: -2 } }), "engines.e.position_refinement.nshifts", [
    "a whole number >= 1",
  ]],
  ["a start before the start", engine({ position_refinement: { start: -1 } }), "engines.e.position_refinement.start", [
    "a whole number >= 0 or None",
  ]],
  [
    "shifts of no length",
    engine({ position_refinement: { amplitude: 0 } }),
    "engines.e.position_refinement.amplitude",
    [
      "found 0",
      "a number above 0",
    ],
  ],
  [
    "no room for shifts",
    engine({ position_refinement: { max_shift: -1 } }),
    "engines.e.position_refinement.max_shift",
    [
      "a number above 0",
    ],
  ],
  ["limits the wrong way round", engine({ clip_object: [1, 0] }), "engines.e.clip_object", ["the smaller one first"]],
  ["a negative sleep", { engines: { e: { name: "Dummy", itertime: -1 } } }, "engines.e.itertime", ["a number >= 0"]],
  ["a negative smoothing", { engines: { e: { name: "ML", smooth_gradient: -1 } } }, "engines.e.smooth_gradient", [
    "a number >= 0",
  ]],
  [
    "a decay that grows",
    { engines: { e: { name: "ML", smooth_gradient_decay: -1 } } },
    "engines.e.smooth_gradient_decay",
    [
      "a number from 0 to 1",
    ],
  ],
  ["a negative seed", { seed: -1 }, "seed", ["found -1", "a whole number from 0"]],
];

for (const [what, tree, path, says] of MISTAKES) {
  Deno.test(`parsePtycho() refuses ${what}, naming ${path}`, () => {
    const [issue, ...more] = mistakesIn(tree);
    assert.deepEqual(more, []);
    assert.equal(issue?.path, path);
    for (const part of says) assert.ok(issue!.message.includes(part), `"${issue!.message}" lacks "${part}"`);
  });
}

Deno.test("parsePtycho() reports all mistakes at once, in the order they were written", () => {
  const issues = mistakesIn({
    engines: { e: { name: "ML", numiter: 0, alpha: 1 }, f: { name: "none" } },
    verbose_level: 7,
    scans: { MF: { name: "Full", data: { ...DATA, shape: "big", densty: 1 }, coherence: { energies: 1 } } },
  });
  assert.deepEqual(issues.map((i) => i.path), [
    "engines.e.numiter",
    "engines.e.alpha",
    "engines.f.name",
    "verbose_level",
    "scans.MF.data.shape",
    "scans.MF.data.densty",
    "scans.MF.coherence.energies",
  ]);
});

Deno.test("parsePtycho() takes any JSON at any parameter, or refuses it with a path at or below that parameter", () => {
  const parameters = listParameters().filter((e) =>
    /^(engine\.DM|scan\.Full|scandata\.PtydScan|ptycho\.io)\./.test(e.path)
  );
  fc.assert(
    fc.property(fc.constantFrom(...parameters.map((e) => e.path)), fc.jsonValue(), (listed, value) => {
      const path = listed.replace(/^engine\.DM/, "engines.e").replace(/^scan\.Full/, "scans.MF")
        .replace(/^scandata\.PtydScan/, "scans.MF.data").replace(/^ptycho\./, "");
      const tree = {
        engines: { e: { name: "DM" } },
        scans: { MF: { name: "Full", data: { name: "PtydScan" }, illumination: {}, sample: {} } },
      };
      place(tree, { path, value });
      try {
        parsePtycho(tree);
      } catch (e) {
        assert.ok(e instanceof ParameterError, String(e));
        for (const issue of e.issues) assert.ok(issue.path.startsWith(path), `${issue.path} is not below ${path}`);
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});

function place(tree: Record<string, unknown>, at: { path: string; value: unknown }): void {
  const keys = at.path.split(".");
  let group = tree;
  for (const key of keys.slice(0, -1)) group = (group[key] ??= {}) as Record<string, unknown>;
  group[keys.at(-1)!] = at.value;
}

function engine(change: Record<string, unknown>): unknown {
  return { engines: { e: { name: "DM", ...change } } };
}

function scan(change: Record<string, unknown>): unknown {
  return { scans: { MF: { name: "Full", data: DATA, ...change } } };
}

function data(change: Record<string, unknown>): unknown {
  return scan({ data: { ...DATA, ...change } });
}

function mistakesIn(tree: unknown): readonly { path: string; message: string }[] {
  try {
    parsePtycho(tree);
  } catch (e) {
    assert.ok(e instanceof ParameterError);
    return e.issues;
  }
  assert.fail("no mistake was found");
}
