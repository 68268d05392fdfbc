/** Scans with several energies: spectrum, dispersion, storages, propagators and what they have in common. */

import assert from "node:assert/strict";
import { heldFrames } from "../../kernels/measured.ts";
import { ADDRESS } from "../../kernels/reconstruction.ts";
import { sourceOf } from "../../kernels/state_arrays.ts";
import { storageData } from "../containers/container.ts";
import { isPtychoError } from "../errors.ts";
import { type CoherenceParams, coherenceParams } from "../parameters/scan/coherence.ts";
import { fullParams } from "../parameters/scan/full.ts";
import { createRandom } from "../random.ts";
import { buildModel } from "./build_model.ts";
import { exitStorageWaves } from "./exit_storages.ts";
import type { Model } from "./model.ts";
import { modelFromState, modelToData, modelToPtyr } from "./model_state.ts";
import type { ScanInput } from "./plan_scans.ts";
import { spectrumOf } from "./spectrum.ts";

/** lam z / (8 psize) = 1e-6 m: a frame of 8 x 8 pixels of one micrometre. */
const META = { energy: 1.23984193, distance: 1, psize: [1.25e-4, 1.25e-4], version: "0.1" } as const;

interface Change {
  readonly p?: Record<string, unknown>;
  readonly distance?: number;
  readonly side?: number;
}

function scan(
  label: string,
  coherence: Record<string, unknown>,
  { p = {}, distance = 1, side = 8 }: Change = {},
): ScanInput {
  return {
    label,
    p: fullParams.parse({ name: "Full", data: { name: "QuickScan" }, coherence, ...p }),
    prepared: {
      meta: { ...META, label, distance, shape: [side, side], center: [side / 2, side / 2] },
      numFrames: 2,
      indices: Int32Array.of(0, 1),
      positions: Float64Array.of(0, 0, 3e-6, 1e-6),
      measured: heldFrames({
        points: side * side,
        diffraction: new Float32Array(2 * side * side).fill(4),
        mask: new Uint8Array(side * side).fill(1),
      }),
    },
  };
}

const LOG: string[] = [];

function build(...scans: ScanInput[]): Model {
  const never = (): never => assert.fail("no file is needed");
  const log = (message: string) => void LOG.push(message);
  const services = { random: createRandom(7), loadArray: never, readPtyr: never, log };
  return buildModel(scans, { ...services, precision: "double" });
}

const storagesOf = ({ probe, obj, exit }: Model) => [probe, obj, exit].map((c) => c.storages.map((s) => s.ID));
const power = ({ probe }: Model, i: number) =>
  Float64Array.from(storageData(probe, probe.storages[i]!)).reduce((s, v) => s + v * v, 0);
const column = (model: Model, name: keyof typeof ADDRESS) => {
  const { address } = modelToData(model).data.blocks[0]!;
  return Array.from(
    { length: address.length / ADDRESS.columns },
    (_, i) => address[i * ADDRESS.columns + ADDRESS[name]],
  );
};

function fails(tag: "ParameterError" | "DataError", text: RegExp, run: () => unknown): void {
  assert.throws(run, (e: unknown) => isPtychoError(e, tag) && text.test(e.message));
}

Deno.test("without dispersion all energies share probe and object and have propagators of their own", () => {
  const model = build(scan("a", { energies: [1, 1.25], num_probe_modes: 2 }));
  assert.deepEqual(storagesOf(model), [["SaG00"], ["SaG00"], ["S0000G00", "S0000G01"]]);
  const { data } = modelToData(model);
  assert.deepEqual([data.blocks[0]!.modes, data.blocks[0]!.propagators.map((p) => p.kind)], [4, ["scaled", "scaled"]]);
  assert.deepEqual(column(model, "propagator"), [0, 0, 1, 1, 0, 0, 1, 1]);
  assert.deepEqual(column(model, "probeStart"), [0, 64, 0, 64, 0, 64, 0, 64]);
  assert.deepEqual(model.pods.map((pod) => model.exit.views[pod.exit]!.storage), [0, 0, 1, 1, 0, 0, 1, 1]);
  // 8 / 1.25 = 6.4 sample pixels to a period of the detector, all energies with the pixel of the first.
  const [, second] = model.scans[0]!.energies;
  assert.ok(
    Math.abs(second!.geometry.misfit[0] + 1.6) < 1e-9 &&
      second!.geometry.resolution[0] === model.obj.storages[0]!.psize[0],
  );
  // Both energies give the photons together.
  assert.ok(Math.abs(power(build(scan("a", { energies: [1, 1.25] })), 0) / (256 / 2) - 1) < 1e-9);
  assert.deepEqual(data.couplings, { probe: [], object: [] });
});

Deno.test("irregular dispersion has a storage for each energy, as PtyPy calls them, and no coupling", () => {
  const dispersion = { probe_dispersion: "irregular", object_dispersion: "irregular" };
  const model = build(scan("a", { energies: [1, 1.25], spectrum: [3, 1], ...dispersion }));
  assert.deepEqual(storagesOf(model).slice(0, 2), [["SaG00", "SaG01"], ["SaG00", "SaG01"]]);
  assert.deepEqual([power(model, 0), power(model, 1)].map((v) => Math.round(v * 1e6) / 1e6), [192, 64]);
  assert.ok(Math.abs(model.obj.storages[1]!.energy / META.energy - 1.25) < 1e-12);
  assert.deepEqual(column(model, "object"), [0, 1, 0, 1]);
  assert.deepEqual(modelToData(model).data.couplings, { probe: [], object: [] });
  assert.deepEqual(Object.keys(modelToPtyr(model).positions), ["SaG00", "SaG01"]);
  const { state } = modelToData(model);
  assert.deepEqual(modelFromState(model, state).obj.views, model.obj.views);
});

Deno.test("exit waves of a file are those of one energy each, in any pieces", () => {
  const model = build(scan("a", { energies: [1, 1.25], num_probe_modes: 2 }), scan("b", {}));
  // Two frames of two energies and two modes, each wave filled with its number.
  const data = Float32Array.from({ length: 8 * 2 * 64 }, (_, i) => Math.floor(i / 128));
  const exitWave = { dtype: "complex64", shape: [8, 8, 8], data } as const;
  const waves = exitStorageWaves(model, { "exitWave/S0000": exitWave, "exitWave/S0001": exitWave });
  assert.deepEqual(Object.keys(waves), ["S0000G00", "S0000G01", "S0001G00"]);
  assert.equal(waves.S0001G00, exitWave);
  for (const [ID, numbers] of [["S0000G00", [0, 1, 4, 5]], ["S0000G01", [2, 3, 6, 7]]] as const) {
    assert.deepEqual(waves[ID]!.shape, [4, 8, 8]);
    const source = sourceOf(waves[ID]!);
    const read = new Float32Array(source.length);
    for (let at = 0; at < read.length; at += 100) {
      source.readInto(at, read.subarray(at, Math.min(at + 100, read.length)));
    }
    assert.ok(read.every((v, i) => v === numbers[Math.floor(i / 128)]), ID);
  }
});

Deno.test("an uneven spectrum has probes that differ in their power alone", () => {
  const model = build(scan("a", { energies: [1, 1.25], spectrum: [3, 1] }));
  assert.deepEqual(storagesOf(model).slice(0, 2), [["SaG00", "SaG01"], ["SaG00"]]);
  const [first, second] = model.probe.storages.map((s) => storageData(model.probe, s));
  assert.ok(first!.every((v, i) => Math.abs(v / Math.sqrt(3) - second![i]!) < 1e-12));
  const { couplings } = modelToData(model).data;
  assert.deepEqual(couplings!.probe.map(({ start, stride, energies }) => [start, stride, energies]), [[0, 64, 2]]);
});

Deno.test("couplings are projections onto what the dispersion allows, closest in the weights", () => {
  const p = { energies: [0.9, 1, 1.2], spectrum: [1, 2, 1], object_dispersion: "linear" };
  const { probe, object, shares } = spectrumOf(coherenceParams.parse(p), "scans.a");
  const times = (m: readonly number[], v: readonly number[]) =>
    v.map((_, i) => v.reduce((sum, value, j) => sum + m[3 * i + j]! * value, 0));
  const near = (a: readonly number[], b: readonly number[]) =>
    a.forEach((v, i) => assert.ok(Math.abs(v - b[i]!) < 1e-12));
  const line = p.energies.map((f) => 3 - 2 * f);
  near(times(object.coupling!.project, line), line);
  near(times(probe.coupling!.project, shares.map(Math.sqrt)), shares.map(Math.sqrt));
  for (const { project, restrict } of [probe.coupling!, object.coupling!]) {
    near(times(project, times(project, [1, -4, 2])), times(project, [1, -4, 2]));
    near(times(restrict, times(project, [1, -4, 2])), times(project, [1, -4, 2]));
  }
  // What the fit leaves over is orthogonal, in the weights, to a constant and to a line.
  const rest = times(object.coupling!.project, [1, -4, 2]).map((v, i) => shares[i]! * ([1, -4, 2][i]! - v));
  near([rest[0]! + rest[1]! + rest[2]!, rest.reduce((s, v, i) => s + v * line[i]!, 0)], [0, 0]);
});

Deno.test("a line through two energies is no constraint, through three it is one", () => {
  const kinds = (energies: number[]) => {
    const { probe, object } = spectrumOf(
      coherenceParams.parse({ energies, probe_dispersion: "linear", object_dispersion: "linear" }),
      "scans.a",
    );
    return [probe, object].map(({ kind, coupling }) => [kind, coupling !== null]);
  };
  assert.deepEqual(kinds([1]), [["one", false], ["one", false]]);
  assert.deepEqual(kinds([1, 1.1]), [["linear", false], ["linear", false]]);
  assert.deepEqual(kinds([1, 1.1, 1.2]), [["linear", true], ["linear", true]]);
  const { data } = modelToData(build(scan("a", { energies: [1, 1.1, 1.2], object_dispersion: "linear" })));
  assert.equal(data.couplings!.object[0]!.stride, data.objects[1]!.start - data.objects[0]!.start);
});

Deno.test("spectra that no light has are refused by name", () => {
  const refuse = (p: Partial<Record<keyof CoherenceParams, unknown>>, text: RegExp) =>
    fails("ParameterError", text, () => spectrumOf(coherenceParams.parse(p), "scans.a"));
  refuse({ energies: [1, 0] }, /scans\.a\.coherence\.energies: found \[1, 0\]/);
  refuse({ energies: [1, 1] }, /coherence\.energies.*different factors/);
  refuse({ energies: [1, 1.1], spectrum: [1, 1, 1] }, /coherence\.spectrum.*each of the 2 energies/);
  refuse({ energies: [1, 1.1], spectrum: [1, 0] }, /coherence\.spectrum.*above 0/);
  refuse({ num_probe_modes: 200, num_object_modes: 100 }, /num_probe_modes: found 200[^]*num_object_modes: found 100/);
  assert.throws(() => coherenceParams.parse({ num_probe_modes: 0 }));
  const many = Array.from({ length: 40 }, (_, i) => 1 + i / 100);
  refuse({ energies: many, object_dispersion: "linear" }, /found 40, expected at most 32/);
  refuse({ energies: Array.from({ length: 101 }, (_, i) => 1 + i / 100) }, /found 101, expected at most 100/);
});

Deno.test("sharing names a scan or a name in common; scans of other shape and distance fit the same object", () => {
  const named = (label: string, object: string | null, change: Change = {}) =>
    scan(label, {}, { ...change, p: { sharing: { object } } });
  const [a, b] = [named("a", null), named("b", "a", { side: 16, distance: 2 })];
  const model = build(a, b);
  assert.deepEqual(storagesOf(model).slice(0, 2), [["SaG00", "SbG00"], ["SaG00"]]);
  // From 8 pixels before 0, where the frames of 16 begin, to 3 + 8.
  assert.deepEqual([model.obj.storages[0]!.rows, model.obj.storages[0]!.cols], [19, 17]);
  assert.deepEqual(model.pods.map((pod) => model.obj.views[pod.obj]!.low), [[4, 4], [7, 5], [0, 0], [3, 1]]);
  LOG.length = 0;
  assert.deepEqual(storagesOf(build(named("a", "both"), named("b", "both")))[1], ["SbothG00"]);
  assert.deepEqual(LOG, []);
  assert.deepEqual(storagesOf(build(named("a", null), named("b", "A")))[1], ["SaG00", "SAG00"]);
  assert.deepEqual(LOG, [
    'scans.b.sharing.object is "A", which no other scan is called or names: it shares with none',
  ]);
  assert.deepEqual(storagesOf(build(named("a", "b"), named("b", "c"), named("c", null)))[1], ["ScG00"]);
  fails("ParameterError", /scans\.a\.sharing\.object: found scans that name each other, a, b, a/, () => {
    build(named("a", "b"), named("b", "a"));
  });
});

Deno.test("a scan that shares has the pixels of the first, by a misfit of its propagator in the far field alone", () => {
  const second = (p: Record<string, unknown> = {}) =>
    scan("b", {}, { distance: 1.1, p: { sharing: { object: "a" }, ...p } });
  const model = build(scan("a", {}), second());
  assert.ok(Math.abs(model.scans[1]!.geometry.misfit[0] - 0.8) < 1e-9);
  assert.deepEqual(model.scans[1]!.geometry.resolution, model.scans[0]!.geometry.resolution);
  assert.deepEqual(modelToData(model).data.blocks.map((b) => b.propagators[0]!.kind), ["farfield", "scaled"]);
  const nearfield = { propagation: "nearfield" };
  fails("DataError", /Cannot share object "SaG00"/, () => {
    build(scan("a", {}), second(nearfield));
  });
  fails("DataError", /Cannot share probe "SaG00": found 16 x 16 pixels.*expected 8 x 8/, () => {
    build(scan("a", {}), scan("b", {}, { side: 16, distance: 2, p: { sharing: { probe: "a" } } }));
  });
  const linear = (label: string, energies: number[]) =>
    scan(label, { energies, object_dispersion: "linear" }, { p: { sharing: { object: "x" } } });
  fails("DataError", /Cannot share object "SxG00".*other energies/, () => {
    build(linear("a", [1, 1.1, 1.2]), linear("b", [1, 1.1, 1.3]));
  });
});
