/** Submissions: where files go, which pictures are drawn, and what is refused at once. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../core/errors.ts";
import { below } from "./data_root.ts";
import { NO_LIMITS } from "./run_limits.ts";
import { planReconstruction, planSimulation, previewInterval, type Submission } from "./submission.ts";
import { smallTree } from "./stages/testing.ts";

function plan(submission: Submission, by: typeof planSimulation = planReconstruction) {
  const root = Deno.realPathSync(Deno.makeTempDirSync());
  try {
    return { root, ...by(submission, { id: "x1", files: below(root, [join(root, ".exitwave")]), limits: NO_LIMITS }) };
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

Deno.test("a run's files go to a folder of its own, unless the tree names them", () => {
  const { p: { io }, name, outputs } = plan({ tree: smallTree({ io: { home: "a" } }) });
  assert.deepEqual([name, outputs], ["x1", []]);
  assert.deepEqual([io.home, io.rfile, io.autosave.rfile], [
    "a",
    "runs/x1/%(engine)s_%(iterations)04d.ptyr",
    "runs/x1/dumps/%(engine)s_%(iterations)04d.ptyr",
  ]);
  const written = { rfile: "mine.ptyr", autosave: { rfile: "dump_%(iterations)d.ptyr" } };
  const own = plan({ tree: smallTree({ io: written, run: "from the tree" }), name: "given" });
  assert.deepEqual([own.p.io.rfile, own.p.io.autosave.rfile, own.name], [
    "mine.ptyr",
    "dump_%(iterations)d.ptyr",
    "from the tree",
  ]);
  // Both engines write one file.
  assert.deepEqual(own.outputs, ["mine.ptyr", "mine.ptyr", "dump_0.ptyr"].map((file) => join(own.root, file)));
  assert.equal(plan({ tree: smallTree(), name: "given" }).name, "given");
});

Deno.test("autosave that is switched off stays off; true becomes the group that it stands for", () => {
  assert.equal(plan({ tree: smallTree({ io: { autosave: false } }) }).p.io.autosave.active, false);
  const { active, interval, rfile } = plan({ tree: smallTree({ io: { autosave: true } }) }).p.io.autosave;
  assert.deepEqual([active, interval, rfile], [true, 10, "runs/x1/dumps/%(engine)s_%(iterations)04d.ptyr"]);
});

Deno.test("code of a caller is refused: a server runs none", () => {
  for (const data of [{ name: "./mine.ts" }, { name: "ModuleScan", module: "mine.js" }]) {
    const tree = smallTree({ scans: { A: { name: "Full", data } } });
    assert.throws(() => plan({ tree }), /scans\.A\.data\.name: found ".*mine\.[jt]s", code of your own.*runs no code/);
  }
});

Deno.test("there is a picture every tenth of a run, not before 5 iterations", () => {
  assert.deepEqual([1, 50, 201].map(previewInterval), [5, 5, 21]);
});

Deno.test("a simulation needs simulators, and names the files that its tree names", () => {
  const { MF } = smallTree().scans as { MF: { data: Record<string, unknown> } };
  const scans = { MF, B: { ...MF, data: { ...MF.data, dfile: "b.ptyd" } } };
  const { outputs, root, tree } = plan({ tree: { scans } }, planSimulation);
  assert.deepEqual([outputs, tree], [[join(root, "b.ptyd")], { scans }]);
  const read = { scans: { MF: { ...MF, data: { name: "PtydScan", dfile: "a.ptyd" } } } };
  assert.throws(() => plan({ tree: read }, planSimulation), /Cannot simulate scan "MF": found loader "PtydScan"/);
  const out = { scans: { MF: { ...MF, data: { ...MF.data, dfile: "../a.ptyd" } } } };
  assert.throws(() => plan({ tree: out }, planSimulation), /leads out of the data root/);
});

Deno.test("all mistakes of a tree are told at once; nothing out of the data root or without a scan is taken", () => {
  const wrong = { engines: { a: { name: "DM", numiter: -1, nmiter: 2 } } };
  assert.throws(() => plan({ tree: smallTree(wrong) }), (e) => {
    assert.ok(isPtychoError(e, "ParameterError"));
    assert.deepEqual((e.fields.issues as { path: string }[]).map(({ path }) => path), [
      "engines.a.numiter",
      "engines.a.nmiter",
    ]);
    return true;
  });
  assert.throws(() => plan({ tree: smallTree({ scans: {} }) }), /scans: found no scan, expected at least one/);
  const out = smallTree({ io: { rfile: "../x.ptyr" } });
  assert.throws(() => plan({ tree: out }), /leads out of the data root/);
  const own = smallTree({ io: { rfile: ".exitwave/runs/runs.sqlite" } });
  assert.throws(() => plan({ tree: own }), /leads into a folder of the server itself/);
  const missing = smallTree({ engines: { a: { name: "DM_3dBragg" } } });
  assert.throws(() => plan({ tree: missing }), (e) => isPtychoError(e, "UnsupportedError"));
});
