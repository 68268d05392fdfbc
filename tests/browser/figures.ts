/** How far a device is from the reference, as plain numbers that a page can hand to a test. */

import type { SupportedParams } from "../../core/engines/mod.ts";
import { openEngine } from "../../core/engines/run_engine.ts";
import { createRandom, restoreRandom } from "../../core/random.ts";
import type { Device } from "../../kernels/device.ts";
import { createFft2 } from "../../kernels/fft/fft.ts";
import type { NdArray } from "../../kernels/nd_array.ts";
import { type FrameCall, frameCall, framePass } from "../../kernels/pass.ts";
import { propagateBackward, propagateForward } from "../../kernels/propagation/propagate.ts";
import { createReferenceDevice } from "../../kernels/reference_device.ts";
import { complex, madeUpScan, MODES } from "./made_up_scan.ts";

/** Pixels of a frame. */
export interface FrameSize {
  readonly rows: number;
  readonly cols: number;
}

/** Transforms of a device against the reference transform. */
export interface FftFigures extends FrameSize {
  /** Largest difference over the largest value, of fft2(wave) / sqrt(rows * cols). */
  readonly forward: number;
  /** The same of ifft2(wave) * sqrt(rows * cols). */
  readonly backward: number;
}

/** An engine on a device against the reference device. */
export interface EngineFigures extends FrameSize {
  readonly engine: string;
  /** Norm of the difference over the norm, of each array of the state at the end and of the errors of all iterations. */
  readonly distances: Readonly<Record<string, number>>;
  /** How far the reference moved the start: norm of the change over the norm. */
  readonly moved: { readonly probe: number; readonly object: number };
  /** Mean photon error of the reference after the first and the last iteration. */
  readonly firstError: number;
  readonly lastError: number;
}

/** Transforms waves without symmetry, one per frame and mode, on a device and by `createFft2`. */
export async function measureFft(device: Device, { rows, cols }: FrameSize): Promise<FftFigures> {
  const { data, state } = madeUpScan({ rows, cols, curvature: 0, random: createRandom(5) });
  const { frames } = data.blocks[0]!;
  const [points, pods] = [rows * cols, frames * MODES];
  const random = createRandom(6);
  const { data: wave } = complex(pods * points, () => [random.normal(0, 1), random.uniform(-1, 3)]);
  const start: NdArray = { dtype: "complex64", shape: [pods, rows, cols], data: wave };
  const resident = await device.load(data, { ...state, arrays: { ...state.arrays, there: start, back: start } });
  const { address } = resident.blocks[0]!;
  const layout = { element: "complex", count: points, extent: "block", perMode: true, block: 0 } as const;
  const alloc = (name: string) => resident.alloc(name, { ...layout, shape: start.shape });
  const calls: readonly FrameCall[] = [
    frameCall(propagateForward, { wave: alloc("there") as never, address }, {}),
    frameCall(propagateBackward, { wave: alloc("back") as never, address }, {}),
  ];
  resident.run(framePass("there and back", { block: 0, calls }));
  const { there, back } = await resident.save();
  resident[Symbol.dispose]();
  const fft = createFft2(rows, cols);
  const expected = (transform: typeof fft.forward, scale: number) => {
    const values = Float64Array.from(wave);
    for (let pod = 0; pod < pods; pod++) transform(values, 2 * pod * points);
    return values.map((v) => scale * v);
  };
  return {
    rows,
    cols,
    forward: largestDifference(realsOf(there!), expected(fft.forward, 1 / Math.sqrt(points))),
    backward: largestDifference(realsOf(back!), expected(fft.inverse, Math.sqrt(points))),
  };
}

/** What an engine is run with. */
export interface EngineRun extends FrameSize {
  readonly p: SupportedParams;
  /** At least 2. */
  readonly iterations: number;
}

/** Runs an engine, in two blocks of iterations, on a device and on the reference device. */
export async function measureEngine(device: Device, run: EngineRun): Promise<EngineFigures> {
  const { arrays: begin } = engineScan(run).state;
  const expected = await runEngine(createReferenceDevice(), run);
  const found = await runEngine(device, run);
  return {
    engine: run.p.name,
    rows: run.rows,
    cols: run.cols,
    distances: Object.fromEntries(
      Object.entries(expected).map(([name, values]) => [name, distance(found[name], values)]),
    ),
    moved: {
      probe: distance(expected["probe"], realsOf(begin["probe"]!)),
      object: distance(expected["object"], realsOf(begin["object"]!)),
    },
    firstError: expected["errors"]![1]!,
    lastError: expected["errors"]!.at(-2)!,
  };
}

function engineScan({ rows, cols }: FrameSize): ReturnType<typeof madeUpScan> {
  return madeUpScan({ rows, cols, curvature: 0.004, random: createRandom(7) });
}

async function runEngine(
  device: Device,
  run: EngineRun,
): Promise<Readonly<Record<string, Float64Array>>> {
  const { p, iterations } = run;
  const { data, state } = engineScan(run);
  const session = await openEngine({ p, device, data, state, random: restoreRandom(state.random) });
  const first = await session.iterate(1);
  const rest = await session.iterate(iterations - 1);
  const { arrays } = await session.save();
  session.close();
  return {
    ...Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, realsOf(array)])),
    errors: Float64Array.from([...first.errors, ...rest.errors].flat()),
    localErrors: rest.localErrors,
  };
}

function realsOf({ data }: NdArray): Float64Array {
  return Float64Array.from(data as Float32Array);
}

function largestDifference(found: Float64Array, expected: Float64Array): number {
  let [difference, largest] = [found.length === expected.length ? 0 : Infinity, 0];
  for (let i = 0; i < expected.length; i++) {
    // Math.max() hands on what is not a number.
    difference = Math.max(difference, Math.abs(found[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return difference / largest;
}

function distance(found: Float64Array | undefined, expected: Float64Array): number {
  if (found?.length !== expected.length) return Infinity;
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (found[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
}
