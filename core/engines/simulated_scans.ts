/** Small scans of a known object for tests: any energies and geometries, frames as the model itself gives them. */

import { makeModel } from "../../kernels/auxiliary_wave/make_model.ts";
import type { Device } from "../../kernels/device.ts";
import { heldFrames } from "../../kernels/measured.ts";
import type { NdArray, Precision } from "../../kernels/nd_array.ts";
import { createPropagator } from "../../kernels/propagation/propagator.ts";
import { ADDRESS, type Block, type Data, type State } from "../../kernels/reconstruction.ts";
import { fullParams } from "../parameters/scan/full.ts";
import { createRandom, restoreRandom } from "../random.ts";
import { buildModel } from "../scan_models/build_model.ts";
import { modelToData } from "../scan_models/model_state.ts";
import type { ScanInput } from "../scan_models/plan_scans.ts";
import type { SupportedParams } from "./mod.ts";
import { openEngine } from "./run_engine.ts";

/** Sample pixel in metres of a scan at distance `side / 24`. */
const PIXEL = 1e-6;

/** A transmission or a probe at a place in pixels from the middle of the coordinates, for light of `factor` times the energy. */
export type Truth = (y: number, x: number, factor: number) => readonly [number, number];

/** A scan to simulate. */
export interface ScanSketch {
  readonly label: string;
  /** Pixels, (y, x). */
  readonly positions: readonly (readonly [number, number])[];
  readonly side: number;
  /** Factor on the distance at which all scans have the same sample pixels. */
  readonly stretch?: number;
  readonly coherence?: Record<string, unknown>;
  readonly sharing?: Record<string, unknown>;
  /** Every so many pixels of the detector are dead, in both directions. */
  readonly deadEvery?: number;
}

/** A model of scans with frames, and the state that they were made with. */
export interface SimulatedScans {
  readonly data: Data;
  readonly start: State;
  readonly truth: State;
}

/** Scans of one object through one probe; a reconstruction of `readAs` starts with the probe as it is and a clear object. */
export function simulateScans(
  scans: readonly ScanSketch[],
  { probe, object, precision = "double", readAs = scans }: {
    readonly probe: Truth;
    readonly object: Truth;
    readonly precision?: Precision;
    readonly readAs?: readonly ScanSketch[];
  },
): SimulatedScans {
  const dark = scans.map((scan) => inputOf(scan, new Float32Array(scan.positions.length * scan.side ** 2).fill(1)));
  const made = build(dark, precision);
  const truth = fill(made, { probe, object });
  const frames = made.data.blocks.map((block) => framesOf(block, truth));
  const { data, state } = build(readAs.map((scan, i) => inputOf(scan, frames[i]!)), precision);
  const start = fill({ data, state }, { probe, object: () => [1, 0] });
  return { data, start, truth: fill({ data, state }, { probe, object }) };
}

/** The state after some engines, and the errors of the last. */
export async function runEngines(
  { data, start }: Pick<SimulatedScans, "data" | "start">,
  engines: readonly { readonly p: SupportedParams; readonly iterations: number }[],
  device: Device,
): Promise<{ readonly state: State; readonly errors: readonly number[] }> {
  let state = start;
  let errors: readonly number[] = [];
  for (const { p, iterations } of engines) {
    const session = await openEngine({ p, device, data, state, random: restoreRandom(state.random) });
    try {
      errors = (await session.iterate(iterations)).errors.at(-1)!;
      state = await session.finish();
    } finally {
      session.close();
    }
  }
  return { state, errors };
}

/** The error of object storage `index` around its middle: `min over c of |c O - T| / |T|` on `side` pixels of it. */
export function objectError(
  { data, truth }: SimulatedScans,
  state: State,
  { index = 0, side }: { readonly index?: number; readonly side: number },
): number {
  const { start, rows, cols } = data.objects[index]!;
  const [first, left] = [(rows - side) >> 1, (cols - side) >> 1];
  const [found, expected] = [state, truth].map(({ arrays }) => (arrays.object as NdArray<Float64Array>).data);
  const sums = { re: 0, im: 0, found: 0, expected: 0 };
  for (let i = 0; i < side * side; i++) {
    const at = 2 * (start + (first + Math.floor(i / side)) * cols + left + i % side);
    const [a, b, c, d] = [found![at]!, found![at + 1]!, expected![at]!, expected![at + 1]!];
    sums.re += a * c + b * d;
    sums.im += a * d - b * c;
    sums.found += a * a + b * b;
    sums.expected += c * c + d * d;
  }
  return Math.sqrt(Math.max(0, 1 - (sums.re ** 2 + sums.im ** 2) / (sums.found * sums.expected)));
}

function build(inputs: readonly ScanInput[], precision: Precision): { readonly data: Data; readonly state: State } {
  const never = (): never => {
    throw new Error("no file is needed");
  };
  const services = { random: createRandom(3), loadArray: never, readPtyr: never, log: () => {} };
  return modelToData(buildModel(inputs, { ...services, precision }));
}

function inputOf(
  { label, positions, side, coherence, sharing, deadEvery, stretch = 1 }: ScanSketch,
  diffraction: Float32Array,
): ScanInput {
  const mask = Uint8Array.from({ length: side * side }, (_, i) => {
    const dead = deadEvery !== undefined && Math.floor(i / side) % deadEvery === 1 && i % side % deadEvery === 1;
    return dead ? 0 : 1;
  });
  // lam z / (side psize) is the sample pixel.
  const meta = {
    label,
    energy: 1.23984193,
    distance: stretch * side / 24,
    psize: [1 / 24e3, 1 / 24e3],
    version: "0.1",
  } as const;
  return {
    label,
    p: fullParams.parse({
      name: "Full",
      data: { name: "QuickScan" },
      ...(coherence && { coherence }),
      ...(sharing && { sharing }),
    }),
    prepared: {
      meta: { ...meta, shape: [side, side], center: [side / 2, side / 2] },
      numFrames: positions.length,
      indices: Int32Array.from(positions, (_, i) => i),
      positions: Float64Array.from(positions.flat(), (v) => v * PIXEL),
      measured: heldFrames({ points: side * side, diffraction, mask }),
    },
  };
}

/** A state with known content; energies are told apart by the last digits of the storages' IDs. */
function fill(
  { data, state }: { readonly data: Data; readonly state: State },
  { probe, object }: { readonly probe: Truth; readonly object: Truth },
): State {
  const content = (kind: "probe" | "object", truth: Truth): NdArray => {
    const array = state.arrays[kind] as NdArray<Float64Array>;
    const values = array.data.slice();
    for (
      const { start, rows, cols, origin, energy }
        of data[`${kind}s`] as readonly (Data["probes"][number] & { energy: number })[]
    ) {
      for (let i = 0; i < rows * cols; i++) {
        const [y, x] = [origin[0] / PIXEL + Math.floor(i / cols), origin[1] / PIXEL + i % cols];
        values.set(truth(Math.round(y), Math.round(x), energy / 1.23984193), 2 * (start + i));
      }
    }
    return { ...array, data: values };
  };
  return { ...state, arrays: { ...state.arrays, probe: content("probe", probe), object: content("object", object) } };
}

/** Intensities of a block's frames: the sum over its pods. */
function framesOf(block: Block, state: State): Float32Array {
  const { rows, cols, modes, frames, address } = block;
  const propagators = block.propagators.map((factors) => createPropagator(factors, { rows, cols }));
  const [probe, object] = [state.arrays.probe!, state.arrays.object!].map(({ data }) => data as Float64Array);
  const out = new Float32Array(frames * rows * cols);
  const wave = new Float64Array(2 * rows * cols);
  for (let pod = 0; pod < frames * modes; pod++) {
    const row = address.subarray(pod * ADDRESS.columns, (pod + 1) * ADDRESS.columns);
    makeModel.cpu({ wave, probe: probe!, object: object!, address: row }, {}, { modes: 1, rows, cols, propagators });
    propagators[row[ADDRESS.propagator]!]!.forward(wave);
    const at = Math.floor(pod / modes) * rows * cols;
    for (let i = 0; i < rows * cols; i++) out[at + i]! += wave[2 * i]! ** 2 + wave[2 * i + 1]! ** 2;
  }
  return out;
}
