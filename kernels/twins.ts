/** What tests of GPU devices share: made-up data, comparison with the reference, and every tolerance by name with its reason. */

import { chooseLinuxDrivers } from "./webgpu/linux_drivers.ts";
import type { Device, Resident } from "./device.ts";
import { createGpuDevice, type Gpu, type GpuDeviceOptions, requestGpu } from "./gpu_device.ts";
import { heldFrames } from "./measured.ts";
import type { NdArray } from "./nd_array.ts";
import type { Pass, WholeCall } from "./pass.ts";
import { ADDRESS, type Data, type PropagatorFactors, type State } from "./reconstruction.ts";
import { createReferenceDevice } from "./reference_device.ts";

/** Largest differences allowed, relative to the largest value of the array. */
export const TOLERANCES = {
  /** A few roundings of single precision (6e-8 each), including those of what the device stores. */
  field: 1e-6,
  /** Sums of up to some thousand terms of one sign in trees, and transforms: roundings add up like the root of their number. */
  sum: 5e-6,
  /** Exponentials, powers and logarithms, whose arguments carry their rounding into the result, and GPUs may be off by several units. */
  transcendental: 2e-5,
  /** Sums of terms that cancel: the rounding is that of the terms, which may be hundreds of times the sum. */
  cancellation: 2e-4,
  /** The Fourier projection gives dark pixels, whose phase is mostly rounding, the magnitude of bright ones. */
  projection: 2e-4,
} as const;

/** Name of a tolerance. */
export type ToleranceName = keyof typeof TOLERANCES;

/**
 * The adapter there is, or null with a printed reason. @throws {Error} in continuous integration (CI=true), where GPU tests must run
 */
export async function gpuForTests(): Promise<Gpu | null> {
  chooseLinuxDrivers();
  try {
    const gpu = await requestGpu();
    // A process that ends with a GPU still in use may crash after its tests have passed.
    addEventListener("unload", () => gpu[Symbol.dispose]());
    return gpu;
  } catch (error) {
    if (Deno.env.get("CI") === "true") {
      throw new Error("Cannot test the GPU in CI: expected an adapter, for example that of mesa-vulkan-drivers", {
        cause: error,
      });
    }
    // deno-lint-ignore no-console -- tests say why they skip
    console.log(`GPU tests are skipped. ${(error as Error).message}`);
    return null;
  }
}

/** Size of made-up data. */
export interface TwinShape {
  readonly frames: number;
  readonly modes: number;
  readonly rows: number;
  readonly cols: number;
}

/** Data and state of one block whose views lie askew on two layers of an object, with masks and a far field. */
export function twinData(
  { frames, modes, rows, cols }: TwinShape,
  options: { readonly near?: boolean; readonly scaled?: boolean; readonly sharedMask?: boolean } = {},
): { readonly data: Data; readonly state: State } {
  const random = createNumbers(frames + 7 * modes + 31 * rows + 101 * cols);
  const points = rows * cols;
  const [objectRows, objectCols] = [rows + 9, cols + 12];
  const layerPoints = objectRows * objectCols;
  const address = new Int32Array(ADDRESS.columns * frames * modes);
  for (let pod = 0; pod < frames * modes; pod++) {
    const frame = Math.floor(pod / modes);
    const [mode, layer] = [pod % modes, pod % Math.min(2, modes)];
    const [oy, ox] = [(4 * frame) % 10, (7 * frame + 3) % 13];
    address.set([mode * points, layer * layerPoints, objectCols, oy, ox, pod % 2, 0], ADDRESS.columns * pod);
  }
  const phases = () =>
    Float32Array.from({ length: 2 * points }, (_, i) => {
      const angle = 0.3 * (i >> 1) + 0.01 * ((i >> 1) % cols) ** 2;
      return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
    });
  const matrix = (side: number) => complexNumbers(side * side, random).data.map((v) => v / Math.sqrt(side));
  const propagators: PropagatorFactors[] = [0, 1].map(() =>
    options.scaled === true
      ? { kind: "scaled", y: matrix(rows), x: matrix(cols) }
      : options.near === true
      ? { kind: "nearfield", kernel: phases() }
      : { kind: "farfield", pre: phases(), post: phases() }
  );
  const maskFrames = options.sharedMask === true ? 1 : frames;
  const storage = { start: 0, psize: [1, 1], origin: [0, 0] } as const;
  return {
    data: {
      precision: "single",
      blocks: [{
        ID: "S0000",
        label: "twins",
        frames,
        modes,
        rows,
        cols,
        measured: heldFrames({
          points,
          diffraction: Float32Array.from({ length: frames * points }, () => Math.floor(50 * random())),
          mask: Uint8Array.from({ length: maskFrames * points }, () => random() < 0.9 ? 1 : 0),
        }),
        propagators,
        address,
      }],
      probes: [{ ID: "SaG00", layers: modes, rows, cols, ...storage }],
      objects: [{ ID: "SaG00", layers: Math.min(2, modes), rows: objectRows, cols: objectCols, ...storage }],
    },
    state: {
      iterations: 0,
      iteration: 0,
      random: {},
      scalars: {},
      arrays: {
        probe: complexNumbers(modes * points, random),
        object: complexNumbers(Math.min(2, modes) * layerPoints, random),
        positions: { dtype: "float64", shape: [frames, 2], data: new Float64Array(2 * frames) },
      },
    },
  };
}

/** Uniform numbers in [0, 1) that are the same in every run; not for anything but tests. */
export function createNumbers(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Complex numbers in a square about 0, (count). */
export function complexNumbers(count: number, random: () => number): NdArray<Float32Array> {
  const data = Float32Array.from({ length: 2 * count }, () => 4 * random() - 2);
  return { dtype: "complex64", shape: [count], data };
}

/** Work on a device, as the same calls of any device. */
export interface TwinWork {
  readonly data: Data;
  readonly state: State;
  /** Allocates with shapes what is to be compared, and returns what to run. */
  readonly record: (resident: Resident) => readonly (WholeCall | Pass)[];
}

/** Does the same work on the reference device and on a GPU and compares everything that is part of the state. */
export async function assertTwins(
  gpu: Gpu,
  work: TwinWork,
  { tolerance, options = {} }: { readonly tolerance: ToleranceName; readonly options?: GpuDeviceOptions },
): Promise<void> {
  const expected = await runOn(createReferenceDevice(), work);
  const found = await runOn(createGpuDevice(gpu, options), work);
  for (const [name, array] of Object.entries(expected)) assertCloseArrays(found[name]!, array, { name, tolerance });
}

/** The state's arrays after some work on a device. */
export async function runOn(device: Device, { data, state, record }: TwinWork): Promise<Record<string, NdArray>> {
  const resident = await device.load(data, state);
  for (const work of record(resident)) resident.run(work);
  const saved = await resident.save();
  resident[Symbol.dispose]();
  return saved;
}

/** @throws {Error} if two arrays differ by more than a tolerance, relative to the largest value that is expected */
export function assertCloseArrays(
  found: NdArray,
  expected: NdArray,
  { name, tolerance }: { readonly name: string; readonly tolerance: ToleranceName | number },
): void {
  if (found.dtype !== expected.dtype || found.data.length !== expected.data.length) {
    throw new Error(
      `"${name}": found ${found.data.length} ${found.dtype}, expected ${expected.data.length} ${expected.dtype}`,
    );
  }
  const limit = typeof tolerance === "number" ? tolerance : TOLERANCES[tolerance];
  let [largest, worst, where] = [0, 0, 0];
  const same = (a: number, b: number) => a === b || Number.isNaN(a) && Number.isNaN(b);
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [Number(found.data[i]), Number(expected.data[i])];
    if (Number.isFinite(b)) largest = Math.max(largest, Math.abs(b));
    if (same(a, b) || Math.abs(a - b) <= worst) continue;
    // A difference that is not a number is worse than any other.
    [worst, where] = [Number.isNaN(a - b) ? Infinity : Math.abs(a - b), i];
  }
  if (worst <= limit * largest) return;
  throw new Error(
    `"${name}": found ${found.data[where]} at ${where}, expected ${
      expected.data[where]
    } within ${limit} of the largest, ` +
      `${largest} (${(worst / largest).toExponential(1)} off)`,
  );
}
