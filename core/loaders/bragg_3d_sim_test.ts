/** The simulated Bragg experiment: positions, frames, order, dump, errors; and its way through preparation and `.ptyd`. */

import assert from "node:assert/strict";
import { assertClose, ROUNDING } from "../../kernels/testing.ts";
import { allDiffraction } from "../../kernels/measured.ts";
import type { NdArray } from "../../kernels/nd_array.ts";
import { DataError, ParameterError } from "../errors.ts";
import { createPtyd } from "../formats/ptyd_writer.ts";
import { summarize } from "../formats/summary.ts";
import { type Bragg3dSimScanParams, bragg3dSimScanParams } from "../parameters/scandata/bragg_3d_sim_scan.ts";
import { ptydScanParams } from "../parameters/scandata/ptyd_scan.ts";
import { type Preparation, prepareScan } from "../preparation/prepare.ts";
import { createBraggPropagator } from "../propagators/bragg.ts";
import { createRandom } from "../random.ts";
import { bragg3dSim, simulateBragg3d } from "./bragg_3d_sim.ts";
import type { Loader, LoaderServices } from "./loader.ts";
import { ptyd } from "./ptyd.ts";

const SMALL = { shape: 16, n_rocking_positions: 6, psize: 5e-4, rocking_step: 0.01, stepsize: 1e-6 };

function params(change: Record<string, unknown> = {}): Bragg3dSimScanParams {
  const illumination = { aperture: { size: 2e-6 } };
  return bragg3dSimScanParams.parse({ name: "Bragg3dSimScan", ...SMALL, illumination, ...change });
}

function services(folder = "."): LoaderServices & { readonly messages: string[] } {
  const messages: string[] = [];
  const log = (message: string) => void messages.push(message);
  return { random: createRandom(3), path: (relative) => `${folder}/${relative}`, log, messages };
}

function numbers({ data }: NdArray): Float64Array {
  return Float64Array.from(data, Number);
}

Deno.test("Bragg3dSimScan 1d goes along y, place by place and angle by angle about the Bragg angle", () => {
  const { scan } = simulateBragg3d(params({ stepsize: 5e-7 }), services());
  const { coordinates } = scan.rocking!;
  // 11 positions, as in PtyPy: numpy.arange(-2.5e-6, 2.5e-6, 5e-7) has its end by rounding.
  assert.equal(scan.numFrames, 66);
  assert.deepEqual([...coordinates.subarray(0, 4)], [-0.025, 0, 0, -2.5e-6]);
  assert.deepEqual([...coordinates.subarray(20, 24)], [0.025, 0, 0, -2.5e-6]);
  assertClose(coordinates.subarray(4 * 65), [0.025, 0, 0, 2.5e-6], ROUNDING);
  assertClose(scan.positions!.subarray(2 * 65), [0, 2.5e-6], ROUNDING);
});

Deno.test("Bragg3dSimScan 2d is a spiral in 2 x 5 micrometres of x and y", () => {
  const { scan, truth } = simulateBragg3d(params({ scantype: "2d" }), services());
  assert.equal(scan.numFrames, 6 * truth.places.length);
  assert.ok(truth.places.length > 8);
  assert.ok(truth.places.every(([x, z, y]) => Math.abs(x) <= 1e-6 && z === 0 && Math.abs(y) <= 2.5e-6));
  assert.ok(truth.places.some(([x]) => Math.abs(x) > 5e-7) && truth.places.some(([, , y]) => Math.abs(y) > 2e-6));
});

Deno.test("frames of Bragg3dSimScan are planes of the three-dimensional propagator, with the last row first", () => {
  const { scan, truth } = simulateBragg3d(params({ stepsize: 1.5e-6 }), services());
  const wave = createBraggPropagator([6, 16, 16]).forward(exitWave(truth, 1));
  const frames = numbers(scan.frames(6, 12).data);
  const turned = Float64Array.from(frames, (_, i) => {
    const [angle, row, col] = [Math.floor(i / 256), 15 - Math.floor(i / 16) % 16, i % 16];
    const at = 2 * ((angle * 16 + row) * 16 + col);
    return wave[at]! ** 2 + wave[at + 1]! ** 2;
  });
  assert.ok(frames.some((v) => v > 1e-3));
  assertClose(frames, turned, ROUNDING);
});

Deno.test("shuffle changes the order of the frames, together with their coordinates, and nothing else", () => {
  const plain = simulateBragg3d(params(), services()).scan;
  const mixed = simulateBragg3d(params({ shuffle: true }), services()).scan;
  const key = (coordinates: Float64Array, i: number) => coordinates.subarray(4 * i, 4 * i + 4).join();
  const places = Array.from({ length: plain.numFrames }, (_, i) => key(plain.rocking!.coordinates, i));
  const order = Array.from({ length: plain.numFrames }, (_, i) => places.indexOf(key(mixed.rocking!.coordinates, i)));
  assert.deepEqual([...order].sort((a, b) => a - b), [...places.keys()]);
  assert.notDeepEqual(order, [...places.keys()]);
  for (const i of [0, 7, 29]) {
    assert.deepEqual(numbers(mixed.frames(i, i + 1).data), numbers(plain.frames(order[i]!, order[i]! + 1).data));
  }
});

Deno.test("prepared frames keep their coordinates, also through a .ptyd file", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const made = prepare(bragg3dSim, params({ save: "append", dfile: "b.ptyd", rebin: 2, num_frames: 20 }), folder);
    const { rocking, numFrames, meta } = made;
    assert.deepEqual([numFrames, meta.shape, meta.psize], [20, [8, 8], [1e-3, 1e-3]]);
    assert.deepEqual([rocking!.theta_bragg, rocking!.rocking_step, rocking!.coordinates.length], [22.32, 0.01, 80]);
    const read = prepare(ptyd, ptydScanParams.parse({ name: "PtydScan", dfile: "b.ptyd" }), folder);
    assert.deepEqual(read.rocking, rocking);
    assert.deepEqual([read.positions, allDiffraction(read.measured)], [made.positions, allDiffraction(made.measured)]);
    const summary = summarize(`${folder}/b.ptyd`);
    assert.ok(summary?.kind === "ptyd" && summary.rocking !== null);
    assertClose([summary.rocking.angles.min, summary.rocking.angles.max], [-0.025, 0.025], ROUNDING);
    assertClose([summary.positions.y.min, summary.positions.y.max], [-2.5e-6, 5e-7], ROUNDING);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a .ptyd file with angles, but without the Bragg angle, is refused by what is missing", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const [data, shape] = [new Float64Array(8).fill(1), [2, 2, 2]] as const;
    {
      const meta = {
        label: "B",
        energy: 8.5,
        distance: 2,
        psize: [1e-4, 1e-4],
        shape: [2, 2],
        center: [1, 1],
        version: 1,
      } as const;
      using file = createPtyd(`${folder}/b.ptyd`, { save: "append", meta, info: {}, now: new Date(0) });
      const positions = Float64Array.of(0.1, 0, 0, 0, 0.2, 0, 0, 0);
      file.append({ data: { dtype: "float64", shape, data }, indices: [0, 1], positions, weights: null });
      file.close();
    }
    assert.throws(
      () => ptyd.open(ptydScanParams.parse({ name: "PtydScan", dfile: "b.ptyd" }), services(folder)),
      (e: unknown) => e instanceof DataError && /no "theta_bragg"/.test(e.message),
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("positions_theory of rocking curves has four columns", () => {
  // The first six frames see nothing of the film.
  const given = Array.from({ length: 8 }, (_, i) => [0.01 * i, 1e-7, 3e-7, 2e-7]);
  const { rocking, positions } = prepare(bragg3dSim, params({ positions_theory: given }));
  assert.deepEqual([...rocking!.coordinates], given.flat());
  assert.deepEqual([...positions], given.flatMap(([, x, , y]) => [x, y]));
  assert.throws(
    () => prepare(bragg3dSim, params({ positions_theory: [[1e-7, 2e-7]] })),
    (e: unknown) => e instanceof ParameterError && /expected \(frame, 4\)/.test(e.message),
  );
});

Deno.test("dry_run leaves frames empty, which preparation otherwise refuses", () => {
  const { measured } = prepare(bragg3dSim, params({ dry_run: true }));
  assert.ok(allDiffraction(measured).every((v) => v === 0));
});

Deno.test("dump is a .npz file of all intensities that numpy's layout describes", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const p = params({ dump: "d.npz", stepsize: 2e-6, shuffle: true });
    prepare(bragg3dSim, p, folder);
    const bytes = Deno.readFileSync(`${folder}/d.npz`);
    const { scan } = simulateBragg3d({ ...p, shuffle: false }, services());
    const size = 6 * 256;
    const first = bytes.indexOf(0x0a) + 1;
    assert.match(new TextDecoder("latin1").decode(bytes.subarray(0, first)), /'shape': \(3, 6, 16, 16\)/);
    const found = new Float64Array(bytes.slice(first, first + 8 * size).buffer);
    const plane = numbers(scan.frames(2, 3).data);
    // The dump is as the propagator makes it; frames have their last row first.
    for (const [row, col] of [[3, 5], [8, 8]] as const) {
      assert.equal(found[(2 * 16 + row) * 16 + col], plane[(15 - row) * 16 + col]);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

const WRONG: readonly [change: Record<string, unknown>, path: string][] = [
  [{ stepsize: 0 }, "stepsize"],
  [{ stepsize: 1e-12 }, "stepsize"],
  [{ scantype: "2d", stepsize: 1e-9 }, "stepsize"],
  [{ shape: null }, "shape"],
  [{ energy: null }, "energy"],
  [{ theta_bragg: -5 }, "theta_bragg"],
  [{ n_rocking_positions: 0 }, "n_rocking_positions"],
  [{ rocking_step: -1 }, "rocking_step"],
  [{ illumination: { photons: 0 } }, "illumination.photons"],
  [{ illumination: { aperture: { size: 1e-6, offset: 1 } } }, "illumination.aperture.offset"],
  [{ illumination: { model: [[1, 2], [3, 4]] } }, "illumination.model"],
];
for (const [change, name] of WRONG) {
  Deno.test(`Bragg3dSimScan refuses ${JSON.stringify(change)} by its path`, () => {
    assert.throws(
      () => prepare(bragg3dSim, params(change)),
      (e: unknown) => e instanceof ParameterError && e.issues.some(({ path }) => path === `scans.B.data.${name}`),
    );
  });
}

Deno.test("Bragg3dSimScan scales the beam to its photons, and its size shapes the probe", () => {
  const power = (w: Float64Array) => w.reduce((sum, v) => sum + v * v, 0);
  const probeOf = (illumination: Record<string, unknown>) => {
    return simulateBragg3d(params({ illumination }), services()).truth.probe;
  };
  const flat = probeOf({ aperture: { size: 1e-6 } });
  const bright = probeOf({ aperture: { size: 1e-6 }, photons: 1e6 });
  const factor = bright.find((v) => v > 1)! / flat.find((_, i) => bright[i]! > 1)!;
  assertClose(bright, flat.map((v) => v * factor), ROUNDING);
  assert.ok(power(probeOf({ aperture: { size: 0.5e-6 } })) < 0.6 * power(flat));
});

function prepare<P extends Parameters<typeof prepareScan>[1]>(loader: Loader<P>, p: P, folder = "."): Preparation {
  return prepareScan(loader, p, {
    label: "B",
    written: new Set(),
    services: services(folder),
    precision: "double",
    now: new Date(0),
  });
}

/** Probe times the view of a place. */
function exitWave(truth: ReturnType<typeof simulateBragg3d>["truth"], place: number): Float64Array {
  const { probe, object, objectShape: [, rows, cols], first, geometry: { shape: [, n1, n2] } } = truth;
  const [z, y, x] = first[place]!;
  return probe.map((value, i) => {
    const at = i >> 1;
    const [k, l, m] = [Math.floor(at / (n1 * n2)), Math.floor(at / n2) % n1, at % n2];
    return value * object[((z + k) * rows + y + l) * cols + x + m]!;
  });
}
