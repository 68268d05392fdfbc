/** Reads the engine cases of ../shared/reference/oracles as data, states and parameters of our engines. */

import { heldFrames } from "../../kernels/measured.ts";
import { join } from "node:path";
import { type Hdf5File, openHdf5 } from "../../core/formats/hdf5.ts";
import { type NdArray, type Precision, type RealArray, realArray } from "../../kernels/nd_array.ts";
import { ADDRESS, type Data, type PropagatorFactors, type State } from "../../kernels/reconstruction.ts";
import type { SupportedParams } from "../../core/engines/mod.ts";
import type { Random } from "../../core/random.ts";

/** Where the oracles are. */
export const ORACLES = join(import.meta.dirname ?? ".", "../../../shared/reference/oracles");

/** Results of PtyPy after some iterations. */
export interface OracleResult {
  readonly probe: NdArray;
  readonly object: NdArray;
  /** (row, 3). */
  readonly localErrors: NdArray;
  /** Exit waves of the first frames, null where the engine has none. */
  readonly exitFirst2: NdArray | null;
  /** First pixels of the views, (frame, 2), in cases that refine positions. */
  readonly dlow: NdArray | null;
  readonly positions: NdArray | null;
}

/** An oracle case: what PtyPy began with and where it came. */
export interface OracleCase {
  readonly name: string;
  readonly p: SupportedParams;
  readonly data: Data;
  readonly state: State;
  /** Numbers that PtyPy drew, in order; empty where it drew none. */
  readonly draws: Float64Array;
  /** Results by number of iterations. */
  readonly results: ReadonlyMap<number, OracleResult>;
}

/** True if the oracle file is there. */
export function hasOracle(file: string): boolean {
  try {
    return Deno.statSync(join(ORACLES, file)).isFile;
  } catch {
    return false;
  }
}

/** Reads one case in the given precision. */
export function readOracleCase(file: string, { name, precision }: { name: string; precision: Precision }): OracleCase {
  using h5 = openHdf5(join(ORACLES, file));
  const group = `cases/${name}`;
  const modes = Number(h5.attribute(group, "modes"));
  const refined = h5.has(`${group}/object_after_init`);
  const object = h5.readArray(refined ? `${group}/object_after_init` : "inputs/object0");
  const probe = h5.readArray(`inputs/probe0_${modes}mode`);
  const origin = h5.attribute(refined ? `${group}/iter1` : "inputs", "object_origin_m") as NdArray;
  const data = readData(h5, { modes, object, origin: numbers(origin), precision });
  const positions = Float64Array.from(numbers(h5.readArray("inputs/view_coord_m")));
  const arrays: Record<string, NdArray> = {
    probe: cast(probe, precision),
    object: cast(object, precision),
    positions: { dtype: "float64", shape: [positions.length / 2, 2], data: positions },
  };
  return {
    name,
    p: JSON.parse(String(h5.attribute(group, "params"))) as SupportedParams,
    data,
    state: { iterations: 0, iteration: 0, random: {}, scalars: {}, arrays },
    draws: readDraws(h5, `${group}/uniform_draws_lo_hi_a_b`),
    results: new Map(
      [1, 3, 5].filter((n) => h5.has(`${group}/iter${n}`)).map((n) => [n, readResult(h5, `${group}/iter${n}`)]),
    ),
  };
}

/** A generator that hands out recorded uniform numbers and refuses everything else. */
export function replay(draws: Float64Array): Random {
  let next = 0;
  const refuse = () => {
    throw new RangeError("Cannot draw: this generator only repeats recorded uniform numbers");
  };
  return {
    uniform: () => next < draws.length ? draws[next++]! : refuse(),
    normal: refuse,
    poisson: refuse,
    permutation: refuse,
    state: () => ({ next }),
  };
}

/** Elements of an array as numbers; complex ones as re, im. */
export function numbers(array: NdArray): number[] {
  return Array.from(array.data, Number);
}

interface DataOptions {
  readonly modes: number;
  readonly object: NdArray;
  readonly origin: readonly number[];
  readonly precision: Precision;
}

function readData(h5: Hdf5File, { modes, object, origin, precision }: DataOptions): Data {
  const diffraction = h5.readArray(`inputs/intensities_${modes}mode`);
  const [frames, rows, cols] = diffraction.shape as [number, number, number];
  const [, objectRows, objectCols] = object.shape as [number, number, number];
  const dlow = numbers(h5.readArray("inputs/dlow"));
  const psize = numbers(h5.attribute("inputs", "resolution_m") as NdArray) as [number, number];
  const padding = (objectRows - h5.shape("inputs/object0")[1]!) / 2;
  const address = new Int32Array(frames * modes * ADDRESS.columns);
  for (let frame = 0; frame < frames; frame++) {
    for (let mode = 0; mode < modes; mode++) {
      const [oy, ox] = [dlow[2 * frame]! + padding, dlow[2 * frame + 1]! + padding];
      address.set([mode * rows * cols, 0, objectCols, oy, ox, 0, 0], (frame * modes + mode) * ADDRESS.columns);
    }
  }
  const common = { origin: [origin[0]!, origin[1]!] as const, psize, start: 0 };
  return {
    precision,
    blocks: [{
      ID: "S0000",
      label: "S",
      frames,
      modes,
      rows,
      cols,
      measured: heldFrames({
        points: rows * cols,
        diffraction: fill(numbers(diffraction), precision),
        mask: Uint8Array.from(numbers(h5.readArray("inputs/mask"))),
      }),
      propagators: [readPropagator(h5)],
      address,
    }],
    probes: [{ ...common, ID: "S", layers: modes, rows, cols }],
    objects: [{ ...common, ID: "S", layers: 1, rows: objectRows, cols: objectCols }],
  };
}

function readPropagator(h5: Hdf5File): PropagatorFactors {
  if (h5.has("inputs/kernel")) return { kind: "nearfield", kernel: doubles(h5.readArray("inputs/kernel")) };
  return {
    kind: "farfield",
    pre: doubles(h5.readArray("inputs/pre_fft")),
    post: doubles(h5.readArray("inputs/post_fft")),
  };
}

/** The drawn numbers a, b of every row (low, high, a, b). */
function readDraws(h5: Hdf5File, path: string): Float64Array {
  if (!h5.has(path)) return new Float64Array(0);
  const rows = numbers(h5.readArray(path));
  return Float64Array.from(rows.filter((_, i) => i % 4 >= 2));
}

function readResult(h5: Hdf5File, group: string): OracleResult {
  const optional = (name: string) => h5.has(`${group}/${name}`) ? h5.readArray(`${group}/${name}`) : null;
  return {
    probe: h5.readArray(`${group}/probe`),
    object: h5.readArray(`${group}/object`),
    localErrors: h5.readArray(`${group}/local_error`),
    exitFirst2: optional("exit_first2"),
    dlow: optional("dlow"),
    positions: optional("coords_m"),
  };
}

function doubles(array: NdArray): Float64Array {
  return Float64Array.from(numbers(array));
}

function fill(values: readonly number[], precision: Precision): RealArray {
  const array = realArray(values.length, precision);
  array.set(values);
  return array;
}

/** A complex array, flat, in a precision. */
function cast(array: NdArray, precision: Precision): NdArray {
  const data = fill(numbers(array), precision);
  return { dtype: precision === "single" ? "complex64" : "complex128", shape: [data.length / 2], data };
}
