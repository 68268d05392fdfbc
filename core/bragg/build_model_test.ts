/** Volumes from rocking curves: order, completeness, views, storages, `.ptyr`, and what is refused. */

import assert from "node:assert/strict";
import { allDiffraction, allMasks } from "../../kernels/measured.ts";
import { ADDRESS } from "../../kernels/reconstruction.ts";
import { assertClose, ROUNDING } from "../../kernels/testing.ts";
import { openEngine } from "../engines/run_engine.ts";
import { createReferenceDevice } from "../../kernels/reference_device.ts";
import { DataError, ParameterError, UnsupportedError } from "../errors.ts";
import { readPtyr, writePtyr } from "../formats/ptyr.ts";
import { openHdf5 } from "../formats/hdf5.ts";
import { summarize } from "../formats/summary.ts";
import { bragg3dSim, simulateBragg3d } from "../loaders/bragg_3d_sim.ts";
import { type Bragg3dModelParams, bragg3dModelParams } from "../parameters/scan/bragg_3d_model.ts";
import { dmParams } from "../parameters/engine/dm.ts";
import type { Bragg3dSimScanParams } from "../parameters/scandata/bragg_3d_sim_scan.ts";
import { type Preparation, prepareScan } from "../preparation/prepare.ts";
import { createRandom } from "../random.ts";
import { buildModel } from "../scan_models/build_model.ts";
import { layoutOf, modelFromState, modelToData, modelToPtyr } from "../scan_models/model_state.ts";
import type { Model } from "../scan_models/model.ts";
import { areVolumes, buildBraggModel } from "./build_model.ts";
import type { ModelServices } from "../scan_models/scan_model.ts";
import { skewToOrthogonal } from "./skew.ts";

const DATA = {
  name: "Bragg3dSimScan",
  shape: 16,
  n_rocking_positions: 6,
  psize: 5e-4,
  rocking_step: 0.01,
  stepsize: 5e-7,
  illumination: { aperture: { size: 4e-7 } },
};

function params(change: Record<string, unknown> = {}, data: Record<string, unknown> = {}): Bragg3dModelParams {
  return bragg3dModelParams.parse({
    name: "Bragg3dModel",
    data: { ...DATA, ...data },
    illumination: { aperture: { size: 4e-7 } },
    ...change,
  });
}

function prepare(p: Bragg3dModelParams): Preparation {
  const { services } = silent();
  return prepareScan(bragg3dSim, p.data as Bragg3dSimScanParams, {
    label: "B",
    written: new Set(),
    services: { ...services, path: (relative) => relative },
    precision: "double",
    now: new Date(0),
  });
}

function silent(): { services: ModelServices; messages: string[] } {
  const messages: string[] = [];
  const refuse = (): never => assert.fail("nothing is read");
  const log = (message: string) => void messages.push(message);
  return { services: { random: createRandom(1), loadArray: refuse, readPtyr: refuse, log }, messages };
}

function build(p: Bragg3dModelParams, prepared = prepare(p), services = silent().services): Model {
  return buildBraggModel([{ label: "B", p, prepared }], { ...services, precision: "double" });
}

Deno.test("buildBraggModel() puts shuffled frames together to the volumes of ordered ones, as the propagator makes them", () => {
  const [plain, mixed] = [build(params()), build(params({}, { shuffle: true }))];
  const volumes = allDiffraction(plain.scans[0]!.prepared.measured);
  assert.deepEqual(allDiffraction(mixed.scans[0]!.prepared.measured), volumes);
  assert.deepEqual(mixed.positions, plain.positions);
  const { services } = silent();
  const loader = { ...services, path: (relative: string) => relative };
  const { scan } = simulateBragg3d(params().data as Bragg3dSimScanParams, loader);
  // Frames have the last row first, volumes have not.
  const frame = scan.frames(20, 21).data.data;
  assert.equal(volumes[(20 * 16 + 3) * 16 + 5], frame[(15 - 3) * 16 + 5]);
});

Deno.test("buildBraggModel() has PtyPy's IDs, and views where r3, r1, r2 fall", () => {
  const model = build(params());
  const { probe, obj, diff, exit, pods } = model;
  assert.deepEqual([probe, obj, diff, exit].map(({ storages: [s] }) => s!.ID), ["SB", "SB", "S0000", "S0000"]);
  assert.equal(model.scans[0]!.geometryID, "G0000");
  assert.deepEqual([probe.storages[0]!.depth!.planes, probe.storages[0]!.rows, probe.storages[0]!.cols], [6, 16, 16]);
  const { psize, center, cols } = obj.storages[0]!;
  assert.equal(pods.length, 11);
  const view = obj.views[pods[3]!.obj]!;
  assertClose(view.coord, [0, -1e-6], ROUNDING);
  assert.deepEqual([view.depth!.low, view.low[0]], [0, 0]);
  assert.equal(view.low[1], Math.round(-1e-6 / psize[1]) - 8 + center[1]);
  assert.ok(cols > 16);
});

Deno.test("modelToData() gives blocks of volumes whose addresses lead to the view's first plane", () => {
  const model = build(params({}, { scantype: "2d" }));
  const { data, state } = modelToData(model);
  const [block] = data.blocks;
  assert.deepEqual([block!.planes, block!.rows, block!.cols, block!.propagators], [6, 16, 16, []]);
  assert.equal(block!.measured.points, 6 * 256);
  const { rows, cols } = data.objects[0]!;
  const raised = model.obj.views.findIndex(({ depth }) => depth!.low > 0);
  const start = block!.address[raised * ADDRESS.columns + ADDRESS.objectStart];
  assert.equal(start, model.obj.views[raised]!.depth!.low * rows * cols);
  const again = modelFromState(layoutOf(model), state);
  assert.deepEqual(again.obj.views, model.obj.views);
});

Deno.test("engines of frames refuse blocks of volumes by name", async () => {
  const { data, state } = modelToData(build(params()));
  const options = {
    p: dmParams.parse({ name: "DM" }),
    device: createReferenceDevice(),
    data,
    state,
    random: createRandom(1),
  };
  await assert.rejects(
    () => openEngine(options),
    (e: unknown) =>
      e instanceof UnsupportedError && /Cannot run DM on scan "B": found volumes of 6 x 16/.test(e.message),
  );
});

Deno.test("three-dimensional storages go through a .ptyr file, which summarize() describes", () => {
  const path = Deno.makeTempFileSync({ suffix: ".ptyr" });
  try {
    const model = build(params({ sample: { fill: { re: 0.5, im: -1 } } }));
    const { probe, obj, positions } = modelToPtyr(model);
    const runtime = { run: "b", start: "", stop: "", iter_info: [], last_save: 0, last_plot: 0 };
    const content = { kind: "minimal", description: "", probe, obj, positions, pars: {}, runtime } as const;
    writePtyr(path, content, { now: new Date(0) });
    const read = readPtyr(path);
    assert.deepEqual([read.probe, read.obj], [probe, obj]);
    assert.deepEqual([...read.obj.SB!.data.data.subarray(0, 2)], [0.5, -1]);
    assert.deepEqual(read.positions.SB!.shape, [11, 3]);
    const summary = summarize(path);
    assert.ok(summary?.kind === "ptyr");
    assert.deepEqual(summary.obj[0]!.shape, obj.SB!.data.shape);
    using file = openHdf5(path);
    const grids = file.readArray("/content/obj/SB/grids");
    const [, planes, rows, cols] = obj.SB!.data.shape as [number, number, number, number];
    assert.deepEqual(grids.shape, [3, 1, planes, rows, cols]);
    const at = (axis: number, z: number, y: number, x: number) =>
      Number(grids.data[((axis * planes + z) * rows + y) * cols + x]);
    const { depth, origin, psize } = obj.SB!;
    const expected = [depth!.origin + 2 * depth!.psize, origin[0] + 5 * psize[0], origin[1] + 7 * psize[1]];
    assertClose([0, 1, 2].map((axis) => at(axis, 2, 5, 7)), expected, ROUNDING);
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("a probe of an earlier three-dimensional result is taken as it is, and said to be", () => {
  const earlier = build(params());
  const { services, messages } = silent();
  const readPtyr = () => modelToPtyr(earlier);
  const p = params({ illumination: { model: "recon", recon: { rfile: "a.ptyr" }, aperture: { size: 1e-7 } } });
  const model = build(p, prepare(p), { ...services, readPtyr });
  assert.deepEqual(model.probe.data, earlier.probe.data);
  assert.match(messages.join(), /scans\.B\.illumination\.model is three-dimensional and taken as it is/);
  const bright = params({ illumination: { model: "recon", recon: { rfile: "a.ptyr" }, photons: 5 } });
  assert.throws(() => build(bright, prepare(bright), { ...services, readPtyr }), named("scans.B.illumination.photons"));
});

Deno.test("illumination.size makes a flat disc of amplitude 1", () => {
  const wide = params({ illumination: { size: 4e-7, photons: 7 } });
  assert.deepEqual(build(wide).probe.data, build(params()).probe.data);
  assert.throws(() => build(params({ illumination: { size: -1 } })), named("scans.B.illumination.size"));
});

Deno.test("the beam may be a picture or a template, but not an estimate from rocking curves", () => {
  const flat = build(params({ illumination: { aperture: { form: null } } })).probe.data;
  assert.deepEqual(build(params({ illumination: "plane" })).probe.data, flat);
  assert.notDeepEqual(build(params({ illumination: { model: "moon", aperture: { form: null } } })).probe.data, flat);
  for (const illumination of ["stxm", { model: "stxm" }]) {
    assert.throws(() => build(params({ illumination })), named("scans.B.illumination.model"));
  }
});

Deno.test("positions without all angles are left out and told; a scan of none is refused", () => {
  const { services, messages } = silent();
  const p = params({}, { num_frames: 63 });
  assert.equal(build(p, prepare(p), services).pods.length, 10);
  assert.match(messages.join(), /1 positions are left out, as they lack some of the 6 angles/);
  const bare = prepare(params());
  const cut = { ...bare, rocking: { ...bare.rocking!, coordinates: Float64Array.of(0, 0, 0, 0, 0.01, 0, 0, 1) } };
  assert.throws(() => build(params(), cut), failed(/none of 2 positions with all 2 angles/));
});

Deno.test("frames at the same place and angle, and angles off the steps, are refused", () => {
  const bare = prepare(params());
  const withRows = (...rows: number[]) => ({
    ...bare,
    rocking: { ...bare.rocking!, coordinates: Float64Array.from(rows) },
  });
  assert.throws(() => build(params(), withRows(0, 0, 0, 0, 0, 0, 0, 0)), failed(/frames 0 and 1 both at 0 degrees/));
  assert.throws(() => build(params(), withRows(0, 0, 0, 0, 0.0123, 0, 0, 0)), failed(/frame 1 at 0.0123 degrees/));
});

Deno.test("masks of volumes are those of their frames", () => {
  const bare = prepare(params());
  const points = bare.measured.points;
  const readMask = (_first: number, into: Uint8Array) => into.forEach((_, i) => into[i] = i % points === 2 ? 0 : 1);
  const model = build(params(), { ...bare, measured: { ...bare.measured, maskFrames: 1, readMask } });
  const mask = allMasks(model.scans[0]!.prepared.measured);
  assert.equal(mask.length, 6 * points);
  // The third pixel of the first row, which is the last row of a volume.
  assert.deepEqual(
    [...mask.keys()].filter((i) => mask[i] === 0),
    [0, 1, 2, 3, 4, 5].map((k) => k * points + 15 * 16 + 2),
  );
});

Deno.test("what a model of volumes cannot work on is refused by its path", () => {
  assert.throws(() => build(params({ propagation: "nearfield" })), named("scans.B.propagation"));
  assert.throws(() => build(params({ sharing: { probe: "other" } })), named("scans.B.sharing.probe"));
  const { rocking: _, ...flat } = prepare(params());
  assert.throws(() => build(params(), flat), named("scans.B.data.name"));
  const dry = params({}, { dry_run: true });
  assert.throws(() => build(dry), failed(/empty because of data.dry_run/));
});

Deno.test("models of frames refuse rocking curves, and scans of both kinds are not mixed", () => {
  const p = params();
  const input = {
    label: "B",
    p: { ...p, name: "Vanilla", illumination: { size: null } } as never,
    prepared: prepare(p),
  };
  assert.throws(
    () => buildModel([input], { ...silent().services, precision: "double" }),
    named("scans.B.name"),
  );
  assert.throws(
    () => areVolumes([{ label: "A", p: { name: "Full" } as never }, { label: "B", p }]),
    named("scans.A.name"),
  );
  assert.equal(areVolumes([{ label: "B", p }]), true);
});

Deno.test("a simulated film lies across z after skewToOrthogonal()", () => {
  const { services } = silent();
  const loader = { ...services, path: (relative: string) => relative };
  const { truth } = simulateBragg3d(
    params({}, { scantype: "2d", stepsize: 1e-6 }).data as Bragg3dSimScanParams,
    loader,
  );
  const { object, objectShape: [planes, rows, cols], geometry: { resolution: psize, theta_bragg } } = truth;
  const complex = Float64Array.from({ length: 2 * object.length }, (_, i) => i % 2 === 0 ? object[i >> 1]! : 0);
  const { data } = skewToOrthogonal(complex, { shape: truth.objectShape, psize, theta_bragg });
  const heights = new Set<number>();
  for (let i = 0; i < planes * rows * cols; i++) if (data[2 * i] === 1) heights.add(Math.floor(i / cols) % rows);
  // 180 nm of film, and a pixel more for the rounding of the planes on either side.
  assert.ok(heights.size > 2 && heights.size <= Math.ceil(180e-9 / psize[1]) + 2, `${[...heights]}`);
});

function named(path: string): (e: unknown) => boolean {
  return (e) => e instanceof ParameterError && e.issues.some((issue) => issue.path === path);
}

function failed(pattern: RegExp): (e: unknown) => boolean {
  return (e) => e instanceof DataError && pattern.test(e.message);
}
