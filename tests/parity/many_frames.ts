/** Made-up data of any length that nobody has to hold: frames are computed when they are read. */

import { createFft2 } from "../../kernels/fft/fft.ts";
import type { MeasuredFrames } from "../../kernels/measured.ts";
import { ADDRESS, type Data, type State } from "../../kernels/reconstruction.ts";

/** Frames on a square raster. */
export interface ManyFrames {
  readonly frames: number;
  /** Pixels of a side. */
  readonly size: number;
  readonly modes: number;
}

/** Patterns that take turns. */
const PATTERNS = 5;

/** Data of one block with a probe of `modes` modes and one object, and the state to begin with. */
export function manyFrames({ frames, size, modes }: ManyFrames): { readonly data: Data; readonly state: State } {
  const side = Math.ceil(Math.sqrt(frames));
  const step = Math.max(1, Math.round(size / 12));
  const extent = size + step * side;
  const points = size * size;
  const address = new Int32Array(ADDRESS.columns * frames * modes);
  for (let pod = 0; pod < frames * modes; pod++) {
    const frame = Math.floor(pod / modes);
    // Rows of the raster are askew, so that no two look alike.
    const [y, x] = [step * Math.floor(frame / side), step * (frame % side) - (frame % side === 0 ? 0 : frame % 2)];
    address.set([(pod % modes) * points, 0, extent, y, x, 0, 0], ADDRESS.columns * pod);
  }
  const centred = (pixel: number) =>
    [Math.floor(pixel / size) - size / 2 + 0.3, pixel % size - size / 2 - 0.4] as const;
  const probe = Float32Array.from({ length: 2 * modes * points }, (_, i) => {
    const mode = Math.floor(i / 2 / points);
    const [y, x] = centred((i >> 1) % points);
    const angle = 10 * (y * y + 1.2 * x * x) / points + mode;
    return 30 / (1 + 2 * mode) * Math.exp(-8 * (y * y + x * x) / points) *
      (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
  const object = Float32Array.from(
    { length: 2 * extent * extent },
    (_, i) => i % 2 === 0 ? 0.9 + 0.05 * Math.sin(i / 7) : 0.1 * Math.cos(i / 11),
  );
  const pre = Float32Array.from({ length: 2 * points }, (_, i) => i % 2 === 0 ? 1 : 0);
  const storage = { psize: [1e-8, 1e-8], origin: [0, 0], start: 0 } as const;
  return {
    data: {
      precision: "single",
      blocks: [{
        ID: "S0000",
        label: "many",
        frames,
        modes,
        rows: size,
        cols: size,
        measured: patterns({ frames, size }, (k) => {
          const seen = new Float32Array(points);
          const place = Math.floor(k * (frames - 1) / PATTERNS) * modes;
          for (let mode = 0; mode < modes; mode++) {
            const row = address.subarray(ADDRESS.columns * (place + mode), ADDRESS.columns * (place + mode + 1));
            addPattern(seen, { row, size, probe, object });
          }
          return seen;
        }),
        propagators: [{ kind: "farfield", pre, post: pre }],
        address,
      }],
      probes: [{ ID: "SaG00", layers: modes, rows: size, cols: size, ...storage }],
      objects: [{ ID: "SaG00", layers: 1, rows: extent, cols: extent, ...storage }],
    },
    state: {
      iterations: 0,
      iteration: 0,
      random: {},
      scalars: {},
      arrays: {
        probe: { dtype: "complex64", shape: [modes * points], data: probe },
        object: { dtype: "complex64", shape: [extent * extent], data: object },
        positions: { dtype: "float64", shape: [frames, 2], data: new Float64Array(2 * frames) },
      },
    },
  };
}

/** Patterns that take turns and change from frame to frame, with a mask of their own each. */
function patterns(
  { frames, size }: Pick<ManyFrames, "frames" | "size">,
  make: (k: number) => Float32Array,
): MeasuredFrames {
  const points = size * size;
  const bases = Array.from({ length: PATTERNS }, (_, k) => make(k));
  return {
    frames,
    points,
    precision: "single",
    maskFrames: frames,
    readDiffraction(first, into) {
      for (let at = 0; at < into.length; at += points) {
        const frame = first + at / points;
        const base = bases[frame % PATTERNS]!;
        const scale = 1 + 0.2 * Math.sin(frame);
        for (let i = 0; i < points; i++) into[at + i] = scale * base[i]!;
      }
    },
    readMask(first, into) {
      into.fill(1);
      // Each frame has a dead pixel somewhere else.
      for (let at = 0; at < into.length; at += points) into[at + (31 * (first + at / points)) % points] = 0;
    },
  };
}

/** Adds what a pod sees in the far field, as bright and as dark as its model. Changes `seen`. */
function addPattern(
  seen: Float32Array,
  { row, size, probe, object }: {
    readonly row: Int32Array;
    readonly size: number;
    readonly probe: Float32Array;
    readonly object: Float32Array;
  },
): void {
  const wave = new Float64Array(2 * size * size);
  const [probeStart, _, stride, oy, ox] = row as unknown as [number, number, number, number, number];
  for (let i = 0; i < size * size; i++) {
    const o = 2 * ((oy + Math.floor(i / size)) * stride + ox + i % size);
    const p = 2 * (probeStart + i);
    wave[2 * i] = probe[p]! * object[o]! - probe[p + 1]! * object[o + 1]!;
    wave[2 * i + 1] = probe[p]! * object[o + 1]! + probe[p + 1]! * object[o]!;
  }
  createFft2(size, size).forward(wave);
  for (let i = 0; i < size * size; i++) seen[i]! += (wave[2 * i]! ** 2 + wave[2 * i + 1]! ** 2) / size ** 2;
}
