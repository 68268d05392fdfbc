/** Models against PtyPy 0.4.0: storages, views, propagators and the first exit waves. */

import { allDiffraction, heldFrames } from "../../kernels/measured.ts";
import assert from "node:assert/strict";
import { createPropagator } from "../../core/propagators/propagator.ts";
import type { PreparedScan } from "../../core/loaders/prepared_scan.ts";
import { fullParams } from "../../core/parameters/scan/full.ts";
import { createRandom } from "../../core/random.ts";
import { buildModel, type BuildOptions } from "../../core/scan_models/build_model.ts";
import type { Model } from "../../core/scan_models/model.ts";
import { modelToData, modelToPtyr } from "../../core/scan_models/model_state.ts";
import { loadArray } from "../../core/formats/array_file.ts";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { ADDRESS } from "../../kernels/reconstruction.ts";
import { assertRelative, hasShared, readAttribute, readNumbers, sharedPath } from "./init_oracle.ts";

const FIELDS = ["farfield", "nearfield"].map((field) => ({
  field: field as "farfield" | "nearfield",
  file: `reference/oracles/oracle_${field}_v0.4.0.h5`,
}));
const RUNS = [
  {
    ptyd: "data/ptypy_files/synth64_nonoise_v04.ptyd",
    ptyr: "data/ptypy_files/synth64_nonoise_v04_DM_0050_04.ptyr",
    label: "MF",
  },
  {
    ptyd: "data/siemens_star/siemens_star_04.ptyd",
    ptyr: "data/siemens_star/siemens_DMML_04_DM_0060.ptyr",
    label: "star",
  },
];
const SKIPPED = "skipped: no ../shared";

function options(change: Partial<BuildOptions> = {}): BuildOptions {
  const base = { precision: "double", random: createRandom(7), loadArray, readPtyr, log: () => {} } as const;
  return { ...base, ...change };
}

function scanOf(label: string, p: Record<string, unknown>, prepared: PreparedScan) {
  return { label, prepared, p: fullParams.parse({ name: "Full", data: { name: "QuickScan" }, ...p }) };
}

/** The inputs of the engines' oracle as a prepared scan. */
function oracleScan({ file, field }: typeof FIELDS[number], modes = 1) {
  const number = (name: string) => readAttribute(file, "inputs", name)[0]!;
  const intensities = readNumbers(file, `inputs/intensities_${modes}mode`);
  const [frames, rows, cols] = intensities.shape as [number, number, number];
  const psize = number("psize_m");
  const prepared: PreparedScan = {
    meta: {
      label: "scan",
      energy: number("energy_keV"),
      distance: number("distance_m"),
      psize: [psize, psize],
      shape: [rows, cols],
      center: readAttribute(file, "inputs", "center_px") as [number, number],
      version: "0.1",
    },
    numFrames: frames,
    indices: Int32Array.from({ length: frames }, (_, i) => i),
    positions: readNumbers(file, "inputs/positions_m").data,
    measured: heldFrames({
      points: intensities.shape[1]! * intensities.shape[2]!,
      diffraction: intensities.data,
      mask: Uint8Array.from(readNumbers(file, "inputs/mask").data),
    }),
  };
  const p = { propagation: field, coherence: { num_probe_modes: modes }, illumination: { diversity: null } };
  return scanOf("scan", p, prepared);
}

/** A .ptyd of PtyPy as a prepared scan. */
function ptydScan(file: string, label: string, p: Record<string, unknown>) {
  const read = (name: string) => readNumbers(file, name);
  const frames = read("chunks/0/data");
  const [numFrames, rows, cols] = frames.shape as [number, number, number];
  return scanOf(label, p, {
    meta: {
      label,
      energy: read("meta/energy").data[0]!,
      distance: read("meta/distance").data[0]!,
      psize: [...read("meta/psize").data] as [number, number],
      shape: [rows, cols],
      center: [...read("meta/center").data] as [number, number],
      version: "0.1",
    },
    numFrames,
    indices: Int32Array.from(read("chunks/0/indices").data),
    positions: read("chunks/0/positions").data,
    measured: heldFrames({ points: rows * cols, diffraction: frames.data, mask: new Uint8Array(rows * cols).fill(1) }),
  });
}

/** Exit wave of a pod at the start: probe times the object under the view. */
function exitWave(model: Model, row: number): Float64Array {
  const { data, state } = modelToData(model);
  const [block] = data.blocks;
  const { rows, cols, address } = block!;
  const [probe, object] = [state.arrays.probe!.data, state.arrays.object!.data];
  const at = (column: number) => address[row * ADDRESS.columns + column]!;
  const wave = new Float64Array(2 * rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const p = 2 * (at(ADDRESS.probeStart) + y * cols + x);
      const o = 2 * (at(ADDRESS.objectStart) + (at(ADDRESS.oy) + y) * at(ADDRESS.objectStride) + at(ADDRESS.ox) + x);
      const [a, b] = [Number(probe[p]), Number(probe[p + 1])];
      const [c, d] = [Number(object[o]), Number(object[o + 1])];
      wave.set([a * c - b * d, a * d + b * c], 2 * (y * cols + x));
    }
  }
  return wave;
}

for (const oracle of FIELDS) {
  const ignore = !hasShared(oracle.file);
  const note = ignore ? SKIPPED : "oracle";

  Deno.test({
    name: `model of the ${oracle.field} scan has PtyPy's views, object grid and propagator (${note})`,
    ignore,
    fn: () => {
      const model = buildModel([oracleScan(oracle)], options());
      const { data } = modelToData(model);
      const { file } = oracle;
      assert.deepEqual(model.obj.views.flatMap((v) => [...v.low]), [...readNumbers(file, "inputs/dlow").data]);
      assert.deepEqual([data.objects[0]!.rows, data.objects[0]!.cols], [98, 98]);
      assert.deepEqual(model.obj.storages[0]!.center, readAttribute(file, "inputs", "object_center_px"));
      assertRelative(data.objects[0]!.origin, readAttribute(file, "inputs", "object_origin_m"), 1e-14);
      const factors = data.blocks[0]!.propagators[0]!;
      if (factors.kind === "nearfield") {
        assertRelative(factors.kernel, readNumbers(file, "inputs/kernel").data, 1e-10);
      } else {
        assert.ok(factors.kind === "farfield");
        assertRelative(factors.pre, readNumbers(file, "inputs/pre_fft").data, 1e-10);
        assertRelative(factors.post, readNumbers(file, "inputs/post_fft").data, 1e-10);
      }
    },
  });
}

Deno.test({
  name: `model with two probe modes starts from given arrays; exit waves are probe times object (${
    hasShared(FIELDS[0]!.file) ? "oracle" : SKIPPED
  })`,
  ignore: !hasShared(FIELDS[0]!.file),
  fn: () => {
    const { file } = FIELDS[0]!;
    const path = sharedPath(file);
    const scan = oracleScan(FIELDS[0]!, 2);
    const probe = readNumbers(file, "inputs/probe0_2mode").data;
    const photons = probe.reduce((sum, v) => sum + v * v, 0);
    const given = {
      coherence: { num_probe_modes: 2 },
      illumination: { model: `${path}:/inputs/probe0_2mode`, photons, aperture: { form: null }, diversity: null },
      sample: { model: `${path}:/inputs/object0`, process: null },
    };
    const model = buildModel([scanOf("scan", given, scan.prepared)], options());
    assertRelative(model.probe.data, probe, 1e-14);
    assertRelative(model.obj.data, readNumbers(file, "inputs/object0").data, 1e-14);
    const [a, b] = [exitWave(model, 0), exitWave(model, 1)];
    // (1, 1) is the first view's first pixel: dlow of the oracle.
    const object = readNumbers(file, "inputs/object0").data;
    const product = (layer: number) => {
      const [pr, pi] = [probe[2 * layer * 4096]!, probe[2 * layer * 4096 + 1]!];
      const [or, oi] = [object[2 * 99]!, object[2 * 99 + 1]!];
      return [pr * or - pi * oi, pr * oi + pi * or];
    };
    assertRelative([...a.subarray(0, 2), ...b.subarray(0, 2)], [...product(0), ...product(1)], 1e-14);
  },
});

Deno.test({
  name: `model with position refinement has PtyPy's margin of 6 pixels around the object (${
    hasShared(FIELDS[0]!.file) ? "oracle" : SKIPPED
  })`,
  ignore: !hasShared(FIELDS[0]!.file),
  fn: () => {
    const { file } = FIELDS[0]!;
    const scan = oracleScan(FIELDS[0]!);
    const p = { ...scan.p, sample: { ...scan.p.sample, model: `${sharedPath(file)}:/inputs/object0`, process: null } };
    const model = buildModel([{ ...scan, p }], options({ maxShift: 5.803687159309895e-6 }));
    const [storage] = model.obj.storages;
    const path = "cases/DM_posref_annealing";
    assert.deepEqual([1, storage!.rows, storage!.cols], readAttribute(file, path, "object_shape_after_init"));
    assertRelative(model.obj.data, readNumbers(file, `${path}/object_after_init`).data, 1e-14);
    assertRelative(storage!.origin, readAttribute(file, `${path}/iter1`, "object_origin_m"), 1e-14);
  },
});

for (const { ptyd, ptyr, label } of RUNS) {
  const ignore = !hasShared(ptyd);
  Deno.test({
    name: `model of ${ptyd} has the storages that PtyPy wrote (${ignore ? SKIPPED : "file"})`,
    ignore,
    fn: () => {
      const model = buildModel(
        [ptydScan(ptyd, label, { illumination: { diversity: null } })],
        options({ precision: "single" }),
      );
      const ours = modelToPtyr(model);
      const theirs = readPtyr(sharedPath(ptyr));
      for (const kind of ["probe", "obj"] as const) {
        assert.deepEqual(Object.keys(ours[kind]), Object.keys(theirs[kind]));
        const [a, b] = [Object.values(ours[kind])[0]!, Object.values(theirs[kind])[0]!];
        assert.deepEqual([a.data.shape, a.data.dtype], [b.data.shape, b.data.dtype]);
        assert.deepEqual([a.center, a.layermap, a.nlayers, a.numID, a.padding], [
          b.center,
          b.layermap,
          b.nlayers,
          b.numID,
          b.padding,
        ]);
        assertRelative([...a.psize, a.energy!], [...b.psize, b.energy!], 1e-14);
        assertRelative(a.origin, b.origin, 1e-14);
      }
      const [ID] = Object.keys(theirs.positions);
      assert.deepEqual(ours.positions[ID!]!.shape, theirs.positions[ID!]!.shape);
      assertRelative(ours.positions[ID!]!.data, theirs.positions[ID!]!.data, 1e-14);
    },
  });
}

const SYNTH = RUNS[0]!;
Deno.test({
  name: `model of synth64_nonoise begins with PtyPy's photon error, so with its probe and object (${
    hasShared(SYNTH.ptyd) ? "file" : SKIPPED
  })`,
  ignore: !hasShared(SYNTH.ptyd),
  fn: () => {
    const scan = ptydScan(SYNTH.ptyd, SYNTH.label, { illumination: { diversity: null } });
    const model = buildModel([scan], options());
    const propagator = createPropagator(model.scans[0]!.geometry);
    const { measured: { frames: numFrames } } = scan.prepared;
    const diffraction = allDiffraction(scan.prepared.measured);
    let sum = 0;
    for (let frame = 0; frame < numFrames; frame++) {
      const far = propagator.forward(exitWave(model, frame));
      for (let i = 0; i < 4096; i++) {
        const measured = diffraction[frame * 4096 + i]!;
        sum += (far[2 * i]! ** 2 + far[2 * i + 1]! ** 2 - measured) ** 2 / (measured + 1);
      }
    }
    const theirs = readPtyr(sharedPath(SYNTH.ptyr)).runtime.iter_info[0]!.error[1];
    // PtyPy ran in single precision.
    assertRelative([sum / numFrames / 4096], [theirs], 1e-4);
  },
});
