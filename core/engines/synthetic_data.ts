/** Small made-up data for the tests of engines: three blocks that share what blocks can share. */

import { heldFrames } from "../../kernels/measured.ts";
import type { NdArray, Precision, RealArray } from "../../kernels/nd_array.ts";
import { realArray } from "../../kernels/nd_array.ts";
import type { Block, Data, PropagatorFactors, State, StorageSpec } from "../../kernels/reconstruction.ts";
import { createPropagator } from "../../kernels/propagation/propagator.ts";
import type { Random } from "../random.ts";

const PSIZE = 1e-6;
const PADDING = 4;

/** A scan of the made-up data. */
interface Scan {
  readonly ID: string;
  readonly rows: number;
  readonly cols: number;
  readonly modes: number;
  /** First pixels of the views. */
  readonly views: readonly (readonly [number, number])[];
  readonly propagator: PropagatorFactors;
  readonly sharedMask: boolean;
  readonly probe: number;
  readonly object: number;
}

/**
 * Blocks S0000 and S0001 look through one probe (two modes, 12 * 12, far field) at objects of their own, the second with one mask for
 * all frames; S0002 (one mode, 10 * 14, near field) has a probe and an object of another shape.
 */
export function syntheticData({ precision, random }: { readonly precision: Precision; readonly random: Random }): {
  readonly data: Data;
  readonly state: State;
  /** The object that the frames were made with; every second frame (the odd ones of a block) lies 2 rows and 1 column further on. */
  readonly truth: NdArray;
} {
  const far: PropagatorFactors = { kind: "farfield", pre: phases(12, 12, 0.01), post: phases(12, 12, 0.02) };
  const near: PropagatorFactors = { kind: "nearfield", kernel: phases(10, 14, 0.05) };
  const common = { rows: 12, cols: 12, modes: 2, propagator: far, probe: 0 };
  const scans: readonly Scan[] = [
    { ...common, ID: "S0000", sharedMask: false, object: 0, views: [[0, 0], [2, 5], [5, 1], [6, 6]] },
    { ...common, ID: "S0001", sharedMask: true, object: 1, views: [[1, 0], [0, 4], [4, 3]] },
    {
      ID: "S0002",
      rows: 10,
      cols: 14,
      modes: 1,
      propagator: near,
      sharedMask: false,
      probe: 1,
      object: 2,
      views: [[0, 0], [3, 2]],
    },
  ];
  const probes = place([{ ID: "SaG00", layers: 2, rows: 12, cols: 12 }, {
    ID: "ScG00",
    layers: 1,
    rows: 10,
    cols: 14,
  }]);
  const objects = place([
    { ID: "SaG00", layers: 1, rows: 18 + 2 * PADDING, cols: 18 + 2 * PADDING },
    { ID: "SbG00", layers: 1, rows: 16 + 2 * PADDING, cols: 17 + 2 * PADDING },
    { ID: "ScG00", layers: 1, rows: 13 + 2 * PADDING, cols: 16 + 2 * PADDING },
  ]);
  const probe = startProbe(probes, random);
  const object = startObject(objects, random);
  const blocks = scans.map((scan) => makeBlock(scan, { probes, objects, precision, probe, random }));
  const positions = scans.flatMap((s) => s.views.flatMap(([y, x]) => [metres(y, s.rows), metres(x, s.cols)]));
  return {
    data: { precision, blocks, probes, objects },
    truth: complex(trueObject(objects), precision),
    state: {
      iterations: 0,
      iteration: 0,
      random: random.state(),
      scalars: {},
      arrays: {
        probe: complex(probe, precision),
        object: complex(object, precision),
        positions: { dtype: "float64", shape: [positions.length / 2, 2], data: Float64Array.from(positions) },
      },
    },
  };
}

/** Position of a view, a third of a pixel off the grid of the object. */
function metres(pixel: number, side: number): number {
  return (pixel + PADDING + (side >> 1) + 0.3) * PSIZE;
}

function place(storages: readonly Pick<StorageSpec, "ID" | "layers" | "rows" | "cols">[]): StorageSpec[] {
  let start = 0;
  return storages.map((storage) => {
    const placed = { ...storage, start, psize: [PSIZE, PSIZE], origin: [0, 0] } as const;
    start += storage.layers * storage.rows * storage.cols;
    return placed;
  });
}

interface Setting {
  readonly probes: readonly StorageSpec[];
  readonly objects: readonly StorageSpec[];
  readonly precision: Precision;
  readonly probe: Float64Array;
  readonly random: Random;
}

function makeBlock(scan: Scan, { probes, objects, precision, probe, random }: Setting): Block {
  const { ID, rows, cols, modes, views, propagator, sharedMask } = scan;
  const probeStart = probes[scan.probe]!.start;
  const { start, cols: stride } = objects[scan.object]!;
  const address = views.flatMap(([y, x]) =>
    Array.from(
      { length: modes },
      (_, mode) => [probeStart + mode * rows * cols, start, stride, y + PADDING, x + PADDING, 0, scan.object],
    ).flat()
  );
  const points = rows * cols;
  const maskFrames = sharedMask ? 1 : views.length;
  const diffraction = realArray(views.length * points, precision);
  const propagate = createPropagator(propagator, { rows, cols });
  for (const [frame, [y, x]] of views.entries()) {
    for (let mode = 0; mode < modes; mode++) {
      const wave = probe.slice(2 * (probeStart + mode * points), 2 * (probeStart + (mode + 1) * points));
      // Every second frame was in truth taken beside the position that the scan gives.
      multiplyByTruth(wave, { cols, y: y + 2 * (frame % 2), x: x + frame % 2 });
      propagate.forward(wave);
      for (let i = 0; i < points; i++) diffraction[frame * points + i]! += wave[2 * i]! ** 2 + wave[2 * i + 1]! ** 2;
    }
  }
  return {
    ID,
    label: `scan_${ID}`,
    frames: views.length,
    modes,
    rows,
    cols,
    measured: heldFrames({
      points,
      diffraction: diffraction.map((mean) => random.poisson(mean)),
      mask: Uint8Array.from({ length: maskFrames * points }, () => random.uniform() > 0.05 ? 1 : 0),
    }),
    propagators: [propagator],
    address: Int32Array.from(address),
  };
}

/** Multiplies a wave by the object that the frames were made with, seen from pixel (y, x) on. Changes `wave`. */
function multiplyByTruth(wave: Float64Array, { cols, y, x }: { cols: number; y: number; x: number }): void {
  for (let i = 0; i < wave.length; i += 2) {
    const [c, s] = truthAt(y + Math.floor(i / 2 / cols), x + (i >> 1) % cols);
    const [re, im] = [wave[i]!, wave[i + 1]!];
    wave[i] = re * c - im * s;
    wave[i + 1] = re * s + im * c;
  }
}

function truthAt(y: number, x: number): [number, number] {
  const amplitude = 0.75 + 0.2 * Math.sin(1.1 * y + 0.3 * x);
  const phase = Math.cos(0.9 * x - 0.2 * y) + 0.5 * Math.sin(0.13 * x * y);
  return [amplitude * Math.cos(phase), amplitude * Math.sin(phase)];
}

function trueObject(objects: readonly StorageSpec[]): Float64Array {
  return Float64Array.from(
    objects.flatMap(({ layers, rows, cols }) =>
      Array.from(
        { length: layers * rows * cols },
        (_, i) => truthAt(Math.floor(i / cols) % rows - PADDING, i % cols - PADDING),
      ).flat()
    ),
  );
}

function startProbe(probes: readonly StorageSpec[], random: Random): Float64Array {
  return Float64Array.from(
    probes.flatMap(({ layers, rows, cols }) =>
      Array.from({ length: layers * rows * cols }, (_, i) => {
        const [layer, y, x] = [Math.floor(i / (rows * cols)), Math.floor(i / cols) % rows, i % cols];
        const r2 = (y - rows / 2 + 0.3) ** 2 + (x - cols / 2 + 0.8) ** 2;
        const amplitude = (40 - 25 * layer) * Math.exp(-r2 / 16) * random.uniform(0.8, 1.2);
        return [amplitude * Math.cos(0.03 * r2), amplitude * Math.sin(0.03 * r2 + layer)];
      }).flat()
    ),
  );
}

function startObject(objects: readonly StorageSpec[], random: Random): Float64Array {
  const count = objects.reduce((sum, { layers, rows, cols }) => sum + layers * rows * cols, 0);
  return Float64Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 0.9 : 0.1) + random.normal(0, 0.02));
}

function phases(rows: number, cols: number, curvature: number): Float64Array {
  return Float64Array.from({ length: 2 * rows * cols }, (_, i) => {
    const [y, x] = [Math.floor(i / 2 / cols) - rows / 3, (i >> 1) % cols - cols / 2];
    const angle = curvature * (y * y + 1.4 * x * x + x);
    return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  });
}

function complex(values: Float64Array, precision: Precision): NdArray<RealArray> {
  const data = realArray(values.length, precision);
  data.set(values);
  return { dtype: precision === "single" ? "complex64" : "complex128", shape: [values.length / 2], data };
}
