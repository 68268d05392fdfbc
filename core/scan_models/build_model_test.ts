/** Models of small scans: IDs, address tables, sharing, starts, errors. */

import { heldFrames } from "../../kernels/measured.ts";
import assert from "node:assert/strict";
import { ADDRESS } from "../../kernels/reconstruction.ts";
import { storageData } from "../containers/container.ts";
import { isPtychoError } from "../errors.ts";
import type { PreparedScan } from "../loaders/prepared_scan.ts";
import { fullParams } from "../parameters/scan/full.ts";
import { vanillaParams } from "../parameters/scan/vanilla.ts";
import { createRandom } from "../random.ts";
import { buildModel, type BuildOptions } from "./build_model.ts";
import { modelFromState, modelToData, modelToPtyr } from "./model_state.ts";
import type { ScanInput } from "./plan_scans.ts";
import type { EarlierResult } from "./scan_model.ts";

/** lam z / (8 psize) = 1e-6 m: a frame of 8 x 8 pixels of one micrometre. */
const META = {
  energy: 1.23984193,
  distance: 1,
  psize: [1.25e-4, 1.25e-4],
  shape: [8, 8],
  center: [4, 4],
  version: "0.1",
} as const;

function prepared(positionsUm: readonly number[], counts = 2): PreparedScan {
  const numFrames = positionsUm.length / 2;
  return {
    meta: { ...META, label: "a" },
    numFrames,
    indices: Int32Array.from({ length: numFrames }, (_, i) => i),
    positions: Float64Array.from(positionsUm, (v) => v * 1e-6),
    measured: measuredOf(numFrames, counts),
  };
}

function measuredOf(numFrames: number, counts: number): PreparedScan["measured"] {
  const diffraction = new Float32Array(numFrames * 64).fill(counts);
  return heldFrames({ points: 64, diffraction, mask: new Uint8Array(64).fill(1).fill(0, 0, 14) });
}

function full(label: string, positionsUm: readonly number[], p: Record<string, unknown> = {}): ScanInput {
  return {
    label,
    prepared: prepared(positionsUm),
    p: fullParams.parse({ name: "Full", data: { name: "QuickScan" }, ...p }),
  };
}

function options(change: Partial<BuildOptions> = {}): BuildOptions {
  const never = (): never => assert.fail("no file is needed");
  return { precision: "double", random: createRandom(7), loadArray: never, readPtyr: never, log: () => {}, ...change };
}

function fails(tag: "DataError" | "UnsupportedError" | "ParameterError", text: RegExp, build: () => unknown): void {
  assert.throws(build, (e: unknown) => isPtychoError(e, tag) && text.test(e.message));
}

Deno.test("Full has PtyPy's IDs: storages, geometry, views, pods, exit layers", () => {
  const modes = { coherence: { num_probe_modes: 2, num_object_modes: 2 } };
  const model = buildModel([full("b", [0, 0, 1, 2], modes), full("a", [0, 0])], options());
  assert.deepEqual(model.probe.storages.map((s) => s.ID), ["SbG00", "SaG00"]);
  assert.deepEqual(model.obj.storages.map((s) => [s.ID, s.layers]), [["SbG00", 2], ["SaG00", 1]]);
  assert.deepEqual(model.diff.storages.map((s) => s.ID), ["S0000", "S0001"]);
  assert.deepEqual(model.exit.storages.map((s) => s.ID), ["S0000G00", "S0001G00"]);
  assert.deepEqual(model.scans.map((s) => s.geometryID), ["G00b", "G00a"]);
  assert.deepEqual(model.exit.storages[0]!.layermap, [0, 1, 100, 101, 10000, 10001, 10100, 10101]);
  assert.deepEqual([model.pods.length, model.pods.at(-1)!.ID, model.exit.views.at(-1)!.ID], [9, "P0008", "V0008"]);
  assert.deepEqual(model.diff.views.map((v) => v.ID), ["V0000", "V0001", "V0002"]);
});

Deno.test("Vanilla has one mode, IDs without energy and a disc of amplitude 1", () => {
  const p = vanillaParams.parse({
    name: "Vanilla",
    data: { name: "QuickScan" },
    illumination: { size: 8e-6 },
    sample: { fill: "0.5+0.5j" },
  });
  const model = buildModel([{ label: "a", p, prepared: prepared([0, 0]) }], options());
  assert.deepEqual([model.probe.storages[0]!.ID, model.exit.storages[0]!.ID, model.scans[0]!.geometryID], [
    "Sa",
    "S0000",
    "G0000",
  ]);
  assert.ok(Math.abs(Math.max(...model.probe.data) - 1) < 1e-6);
  assert.ok(model.probe.data[0]! < 0.1, "dark corner");
  assert.ok(model.obj.data.every((v) => v === 0.5));
});

Deno.test("address rows find probe layers, object layers and views of every pod", () => {
  const modes = { coherence: { num_probe_modes: 2, num_object_modes: 2 } };
  const { data } = modelToData(buildModel([full("a", [0, 0, -1, 2], modes), full("b", [0, 3])], options()));
  const rows = (block: number) => {
    const { address } = data.blocks[block]!;
    return Array.from({ length: address.length / ADDRESS.columns }, (_, i) => [
      ...address.subarray(i * ADDRESS.columns, (i + 1) * ADDRESS.columns),
    ]);
  };
  // The object of "a" has 9 x 10 pixels in two layers, that of "b" 8 x 8 behind it.
  assert.deepEqual(rows(0), [
    [0, 0, 10, 1, 0, 0, 0],
    [0, 90, 10, 1, 0, 0, 0],
    [64, 0, 10, 1, 0, 0, 0],
    [64, 90, 10, 1, 0, 0, 0],
    [0, 0, 10, 0, 2, 0, 0],
    [0, 90, 10, 0, 2, 0, 0],
    [64, 0, 10, 0, 2, 0, 0],
    [64, 90, 10, 0, 2, 0, 0],
  ]);
  assert.deepEqual(rows(1), [[128, 180, 8, 0, 0, 0, 1]]);
  assert.deepEqual(data.objects.map((s) => [s.start, s.layers, s.rows, s.cols]), [[0, 2, 9, 10], [180, 1, 8, 8]]);
});

Deno.test("photons come from the brightest frame within the mask, unless given; far off is said", () => {
  const power = (d: ArrayLike<number>) => Array.from(d).reduce((s, v) => s + v * v, 0);
  const log: string[] = [];
  const none = buildModel([full("a", [0, 0])], options());
  assert.ok(Math.abs(power(none.probe.data) / (2 * 50) - 1) < 1e-12);
  const given = { illumination: { photons: 1e5 } };
  const model = buildModel([full("a", [0, 0], given)], options({ log: (m) => log.push(m) }));
  assert.ok(Math.abs(power(model.probe.data) / 1e5 - 1) < 1e-12);
  assert.match(log.join(), /scans\.a\.illumination\.photons is 100000/);
});

Deno.test("frames, masks, probe and object are shared with data and state, not copied", () => {
  const scan = full("a", [0, 0, 1, 2]);
  const model = buildModel([scan], options({ precision: "single" }));
  const { data, state } = modelToData(model);
  assert.equal(data.blocks[0]!.measured, scan.prepared.measured);
  assert.equal(state.arrays.probe!.data, model.probe.data);
  assert.equal(storageData(model.obj, model.obj.storages[0]!).buffer, model.obj.data.buffer);
  assert.deepEqual([state.arrays.object!.dtype, state.iterations], ["complex64", 0]);
  assert.ok(state.arrays["exitWave/S0000"] === undefined);
});

Deno.test("scans share an object that holds the views of both, and a probe filled by the first", () => {
  const a = { ...full("a", [0, 0], { sample: { fill: 0.5 } }), objectID: "Sab", probeID: "Sab" };
  const b = { ...full("b", [4, 0, 4, 3]), objectID: "Sab", probeID: "Sab" };
  const model = buildModel([a, b], options());
  assert.deepEqual(model.obj.storages.map((s) => [s.ID, s.rows, s.cols]), [["Sab", 12, 11]]);
  assert.equal(model.probe.storages.length, 1);
  assert.ok(model.obj.data.every((v, i) => v === (i % 2 === 0 ? 0.5 : 0)));
  assert.deepEqual(modelToPtyr(model).positions.Sab!.shape, [3, 2]);
  const twoModes = { ...full("b", [0, 0], { coherence: { num_object_modes: 2 } }), objectID: "Sab" };
  fails("DataError", /Cannot share object "Sab".*2 modes in scan "b"/, () => buildModel([a, twoModes], options()));
});

Deno.test("position refinement adds a margin of zeros around the initial object", () => {
  const model = buildModel([full("a", [0, 0])], options({ maxShift: 2.5e-6 }));
  const [storage] = model.obj.storages;
  assert.deepEqual([storage!.rows, storage!.cols, storage!.padding, storage!.center], [12, 12, 2, [6, 6]]);
  assert.deepEqual(model.obj.views[0]!.low, [2, 2]);
  fails(
    "DataError",
    /room for position_refinement\.max_shift/,
    () => buildModel([full("a", [0, 0])], options({ maxShift: 2 })),
  );
  const inside = (i: number) => [Math.floor(i / 24), (i >> 1) % 12].every((p) => p >= 2 && p < 10);
  assert.ok(model.obj.data.every((v, i) => v === (i % 2 === 0 && inside(i) ? 1 : 0)));
});

Deno.test("modelFromState() takes probe, object and positions back and moves the views", () => {
  const model = buildModel([full("a", [0, 0, 1, 2])], options());
  const { state } = modelToData(model);
  const positions = Float64Array.of(0, 0, 0, 1e-6);
  const probe = { ...state.arrays.probe!, data: new Float64Array(128).fill(3) };
  const next = modelFromState(model, {
    ...state,
    arrays: { ...state.arrays, probe, positions: { dtype: "float64", shape: [2, 2], data: positions } },
  });
  assert.equal(next.probe.data, probe.data);
  assert.deepEqual(next.obj.views.map((v) => v.low), [[0, 0], [0, 1]]);
  assert.deepEqual([...modelToPtyr(next).positions.SaG00!.data], [...positions]);
  assert.throws(() => modelFromState(model, { ...state, arrays: {} }), (e: unknown) => isPtychoError(e, "ShapeError"));
});

Deno.test("illumination and sample start from an earlier result: by own ID, by label, else the first", () => {
  const storage = (value: number) => ({
    data: { dtype: "float64", shape: [8, 8], data: new Float64Array(64).fill(value) } as const,
  });
  const earlier: EarlierResult = {
    probe: { SxG00: storage(1), SaG00: storage(2), Sy: storage(3) },
    obj: { SxG00: storage(5) },
  };
  const readPtyr = (path: string) => path === "old.ptyr" ? earlier : assert.fail(path);
  const start = (label: string, illumination: unknown) => {
    const p = { illumination, sample: { model: "recon", recon: { rfile: "old.ptyr" } } };
    const log: string[] = [];
    const model = buildModel([full(label, [0, 0], p)], options({ readPtyr, log: (m) => log.push(m) }));
    assert.equal(model.obj.data[0], 5);
    return { value: model.probe.data[0]!, log };
  };
  // A file alone is rescaled to the photons of the data, 2 * 50 over 64 pixels.
  assert.ok(Math.abs(start("a", "old.ptyr").value - Math.sqrt(100 / 64)) < 1e-12);
  const recon = (label: string | null, scan = "a") =>
    start(scan, {
      model: "recon",
      photons: label === null ? 256 : 576,
      aperture: { form: null },
      recon: { rfile: "old.ptyr", label },
    });
  assert.ok(Math.abs(recon(null).value - 2) < 1e-12);
  assert.ok(Math.abs(recon("y").value - 3) < 1e-12);
  assert.ok(recon(null, "new").value > 0);
  fails("DataError", /found probe storages \[SxG00, SaG00, Sy\], expected one of scan "z"/, () => recon("z"));
  const cut = start("a", { model: "recon", recon: { rfile: "old.ptyr" } });
  assert.match(cut.log.join(), /aperture.*also acts on the probe of "old.ptyr"/);
  const array = Array.from({ length: 8 }, () => new Array(8).fill(1));
  assert.match(start("a", { model: array }).log.join(), /aperture.*also acts on the array/);
  assert.equal(start("a", { model: array, aperture: { form: null } }).log.join(), "");
});

Deno.test("arrays in parameters are read: nested lists, files by loadArray", () => {
  const nested = Array.from({ length: 8 }, () => new Array(8).fill(1));
  const p = (model: unknown) => ({ illumination: { model, photons: 64, aperture: { form: null } } });
  assert.ok(Math.abs(buildModel([full("a", [0, 0], p(nested))], options()).probe.data[0]! - 1) < 1e-12);
  const loadArray = (reference: string) => {
    assert.equal(reference, "guess.h5:/probe");
    return { dtype: "float32", shape: [8, 8], data: new Float32Array(64).fill(7) } as const;
  };
  assert.ok(buildModel([full("a", [0, 0], p("guess.h5:/probe"))], options({ loadArray })).probe.data[0]! > 0);
});

Deno.test("bad scans are refused: no frames, other numbers of positions, NaN, dark, unphysical, too large", () => {
  const scan = full("a", [0, 0, 1, 1]);
  const build = (change: Partial<PreparedScan>, p: Record<string, unknown> = {}) => () =>
    buildModel([{ ...full("a", [], p), prepared: { ...scan.prepared, ...change } }], options());
  fails("DataError", /0 frames/, build({ numFrames: 0 }));
  fails("DataError", /1 positions for 2 frames/, build({ positions: new Float64Array(2) }));
  fails("DataError", /positions that are NaN/, build({ positions: Float64Array.of(0, 0, NaN, 0) }));
  fails("DataError", /0 photons/, build({ measured: measuredOf(2, 0) }));
  fails("DataError", /NaN photons/, build({ measured: measuredOf(2, NaN) }));
  fails(
    "DataError",
    /million pixels; check that positions are in metres/,
    build({ positions: Float64Array.of(0, 0, 10, 10) }),
  );
  fails("ParameterError", /scans\.a\.data\.energy/, build({ meta: { ...scan.prepared.meta, energy: 0 } }));
  fails("ParameterError", /num_probe_modes/, build({}, { coherence: { num_probe_modes: 100 } }));
});
