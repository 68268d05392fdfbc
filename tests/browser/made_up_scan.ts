/** A small made-up scan of any frame size, light enough for a software adapter in a browser. */

import { heldFrames } from "../../kernels/measured.ts";
import type { Random } from "../../core/random.ts";
import type { NdArray } from "../../kernels/nd_array.ts";
import { createPropagator } from "../../kernels/propagation/propagator.ts";
import { ADDRESS, type Data, type PropagatorFactors, type State } from "../../kernels/reconstruction.ts";

/** Probe modes of the scan. */
export const MODES = 2;

/** First pixels of the views; no two rows or columns repeat a step, so that a swap of axes cannot pass. */
const VIEWS = [[0, 0], [1, 6], [7, 2], [6, 9], [12, 4], [13, 11]] as const;
const OBJECT_MARGIN = 15;
const PSIZE = 1e-6;

/** What the scan is made with. */
export interface MadeUpScan {
  /** Pixels of a frame, (y, x). */
  readonly rows: number;
  readonly cols: number;
  /** Phase in radians per squared pixel that the propagator puts on the wave before the transform; 0 leaves a bare transform. */
  readonly curvature: number;
  /** Draws the noise of the photons. */
  readonly random: Random;
}

/** Six frames of two incoherent modes in the far field, and a start that is off in probe and object; single precision. */
export function madeUpScan(
  { rows, cols, curvature, random }: MadeUpScan,
): { readonly data: Data; readonly state: State } {
  const points = rows * cols;
  const [objectRows, objectCols] = [rows + OBJECT_MARGIN, cols + OBJECT_MARGIN];
  const propagator: PropagatorFactors = {
    kind: "farfield",
    pre: phases(rows, cols, curvature),
    post: phases(rows, cols, 0),
  };
  const place = { start: 0, psize: [PSIZE, PSIZE], origin: [0, 0] } as const;
  const pods = VIEWS.flatMap((view) => Array.from({ length: MODES }, (_, mode) => ({ view, mode })));
  const address = new Int32Array(ADDRESS.columns * pods.length);
  for (const [i, { view: [y, x], mode }] of pods.entries()) {
    address.set([mode * points, 0, objectCols, y, x, 0, 0], ADDRESS.columns * i);
  }
  return {
    data: {
      precision: "single",
      blocks: [{
        ID: "S0000",
        label: "made_up",
        frames: VIEWS.length,
        modes: MODES,
        rows,
        cols,
        measured: heldFrames({
          points,
          diffraction: photons({ rows, cols, propagator, random }),
          mask: Uint8Array.from({ length: points }, (_, i) => i % 97 === 5 ? 0 : 1),
        }),
        propagators: [propagator],
        address,
      }],
      probes: [{ ID: "SaG00", layers: MODES, rows, cols, ...place }],
      objects: [{ ID: "SaG00", layers: 1, rows: objectRows, cols: objectCols, ...place }],
    },
    state: {
      iterations: 0,
      iteration: 0,
      random: random.state(),
      scalars: {},
      arrays: {
        probe: complex(MODES * points, (i) => probeAt(i, { rows, cols, width: 1.3 })),
        object: complex(objectRows * objectCols, () => [1, 0]),
        positions: {
          dtype: "float64",
          shape: [VIEWS.length, 2],
          data: Float64Array.from(VIEWS.flatMap(([y, x]) => [(y + rows / 2) * PSIZE, (x + cols / 2) * PSIZE])),
        },
      },
    },
  };
}

/** Complex numbers by their index, (count). */
export function complex(count: number, valueAt: (index: number) => readonly [number, number]): NdArray<Float32Array> {
  const data = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) data.set(valueAt(i), 2 * i);
  return { dtype: "complex64", shape: [count], data };
}

function photons(
  { rows, cols, propagator, random }: Omit<MadeUpScan, "curvature"> & { readonly propagator: PropagatorFactors },
): Float32Array {
  const points = rows * cols;
  const { forward } = createPropagator(propagator, { rows, cols });
  const intensity = new Float64Array(VIEWS.length * points);
  for (const [frame, [y, x]] of VIEWS.entries()) {
    for (let mode = 0; mode < MODES; mode++) {
      const wave = new Float64Array(2 * points);
      for (let i = 0; i < points; i++) {
        const [a, b] = probeAt(mode * points + i, { rows, cols, width: 1 });
        const [c, d] = objectAt(y + Math.floor(i / cols), x + i % cols);
        wave.set([a * c - b * d, a * d + b * c], 2 * i);
      }
      forward(wave);
      for (let i = 0; i < points; i++) intensity[frame * points + i]! += wave[2 * i]! ** 2 + wave[2 * i + 1]! ** 2;
    }
  }
  return Float32Array.from(intensity, (mean) => random.poisson(mean));
}

/**
 * Two modes in a round hole, the second weaker and with a dark line; `width` 1 is the truth. The hard edge and the stripes send photons
 * everywhere: where a model has none, its phase is only rounding, and devices would part.
 */
function probeAt(
  index: number,
  { rows, cols, width }: { readonly rows: number; readonly cols: number; readonly width: number },
): readonly [number, number] {
  const [mode, pixel] = [Math.floor(index / (rows * cols)), index % (rows * cols)];
  const y = Math.floor(pixel / cols) - rows / 2 + 1.5;
  const x = pixel % cols - cols / 2 - 0.5;
  const radius = width * Math.min(rows, cols) / 4;
  if (y * y + x * x > radius * radius) return [0, 0];
  const stripes = 1 + 0.4 * Math.cos(2.3 * y + 1.1 * x) * Math.cos(1.7 * x);
  const amplitude = 60 * stripes * (mode === 0 ? 1 : x / radius);
  const phase = 0.01 * (y * y + x * x) + mode;
  return [amplitude * Math.cos(phase), amplitude * Math.sin(phase)];
}

function objectAt(y: number, x: number): readonly [number, number] {
  const amplitude = 0.8 + 0.15 * Math.sin(0.7 * y + 0.2 * x);
  const phase = 0.8 * Math.cos(0.5 * x - 0.15 * y) + 0.3 * Math.sin(0.04 * x * y);
  return [amplitude * Math.cos(phase), amplitude * Math.sin(phase)];
}

function phases(rows: number, cols: number, curvature: number): Float32Array {
  return complex(rows * cols, (i) => {
    const [y, x] = [Math.floor(i / cols) - rows / 3, i % cols - cols / 2];
    const angle = curvature * (y * y + 1.4 * x * x + x);
    return [Math.cos(angle), Math.sin(angle)];
  }).data;
}
