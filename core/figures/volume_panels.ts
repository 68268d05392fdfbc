/** Three slices through each layer of a volume: what a page can show of three dimensions. */

import type { RealArray } from "../../kernels/nd_array.ts";
import { skewToOrthogonal } from "../bragg/skew.ts";
import { greyMap } from "./colour_maps.ts";
import type { ImagePanel } from "./image_panel.ts";
import { percentileLimits } from "./object_view.ts";
import { phaseColours } from "./phase_colours.ts";
import { mapRaster } from "./raster.ts";
import type { FigureStorage } from "./reconstruction_figure.ts";

/** Phases are shown where the amplitude is at least this part of the largest: elsewhere they mean nothing. */
const SEEN = 0.05;

/** A volume that is looked at along its axes. */
interface SlicedVolume {
  /** Complex, one layer. */
  readonly data: RealArray;
  readonly shape: readonly [number, number, number];
  readonly psize: readonly [number, number, number];
  readonly names: readonly [string, string, string];
}

/**
 * Rows of three panels: amplitude, and phase where it is asked for, in the planes across the three axes that hold most of the amplitude. Where the
 * Bragg angle is known the axes are orthogonal (x, z, y), else those of the detector (r3, r1, r2).
 */
export function volumeRows(
  storage: FigureStorage,
  { title, withPhase }: { readonly title: string; readonly withPhase: boolean },
): ImagePanel[][] {
  const layers = storage.data.shape[0]!;
  return Array.from({ length: layers }, (_, layer) => {
    const volume = orthogonal(storage, layer);
    const slices = [0, 1, 2].map((axis) => sliceAcross(volume, axis as 0 | 1 | 2));
    const suffix = layers > 1 ? ` (mode ${layer + 1} of ${layers})` : "";
    // Planes with such voxels may be those that are not shown.
    const broken = countBroken(volume.data);
    const amplitude = amplitudePanels(slices, { title: `${title} amplitude${suffix}`, broken });
    return withPhase ? [amplitude, phasePanels(slices, `${title} phase${suffix}`)] : [amplitude];
  }).flat();
}

function countBroken(data: RealArray): number {
  let count = 0;
  for (const value of data) if (!Number.isFinite(value)) count++;
  return count;
}

function orthogonal({ data: { data, shape }, depth, psize }: FigureStorage, layer: number): SlicedVolume {
  const grid = shape.slice(1) as unknown as SlicedVolume["shape"];
  const size = 2 * grid[0] * grid[1] * grid[2];
  const volume = (data as RealArray).subarray(layer * size, (layer + 1) * size);
  const pixel = [depth!.psize, psize[0], psize[1]] as const;
  const { theta_bragg } = depth!;
  if (theta_bragg === null) return { data: volume, shape: grid, psize: pixel, names: ["r3", "r1", "r2"] };
  return {
    ...skewToOrthogonal(volume, { shape: grid, psize: pixel, theta_bragg }),
    shape: grid,
    names: ["x", "z", "y"],
  };
}

interface Slice {
  /** The axes of the picture, such as `x down, z right`. */
  readonly axes: string;
  /** Which plane it is, such as `plane 3 of 12 in y`. */
  readonly place: string;
  readonly rows: number;
  readonly cols: number;
  readonly psize: readonly [number, number];
  readonly amplitude: Float64Array;
  readonly phase: Float64Array;
}

/** The plane across an axis with the greatest sum of moduli; of equal ones that nearest to the middle. */
function sliceAcross({ data, shape, psize, names }: SlicedVolume, axis: 0 | 1 | 2): Slice {
  const [down, right] = [0, 1, 2].filter((other) => other !== axis) as [0 | 1 | 2, 0 | 1 | 2];
  const steps = [shape[1] * shape[2], shape[2], 1] as const;
  const [rows, cols] = [shape[down], shape[right]];
  const element = (index: number, y: number, x: number) => index * steps[axis] + y * steps[down] + x * steps[right];
  const modulus = (i: number) => Math.hypot(data[2 * i]!, data[2 * i + 1]!);
  let best = { index: 0, sum: -Infinity, off: Infinity };
  for (let index = 0; index < shape[axis]; index++) {
    let sum = 0;
    for (let y = 0; y < rows; y++) for (let x = 0; x < cols; x++) sum += modulus(element(index, y, x));
    const off = Math.abs(index - Math.floor(shape[axis] / 2));
    if (sum > best.sum || (sum === best.sum && off < best.off)) best = { index, sum, off };
  }
  const amplitude = new Float64Array(rows * cols);
  const phase = new Float64Array(rows * cols);
  for (let i = 0; i < amplitude.length; i++) {
    const at = element(best.index, Math.floor(i / cols), i % cols);
    amplitude[i] = modulus(at);
    phase[i] = Math.atan2(data[2 * at + 1]!, data[2 * at]!);
  }
  const axes = `${names[down]} down, ${names[right]} right`;
  const place = `plane ${best.index + 1} of ${shape[axis]} in ${names[axis]}`;
  return { axes, place, rows, cols, psize: [psize[down], psize[right]], amplitude, phase };
}

function amplitudePanels(
  slices: readonly Slice[],
  { title, broken }: { readonly title: string; readonly broken: number },
): ImagePanel[] {
  const all = Float64Array.from(slices.flatMap(({ amplitude }) => [...amplitude]));
  const limits = percentileLimits(all, { mask: new Uint8Array(all.length).fill(1), outside: 0.004 });
  const map = greyMap();
  return slices.map(({ amplitude, rows, cols, psize, axes, place }, i) => ({
    title: `${title}: ${axes}`,
    note: broken > 0 ? `${broken} numbers are not finite` : place,
    psize,
    picture: mapRaster(amplitude, { rows, cols, map, limits }),
    ...i === 2 ? { bar: { map, limits, title: "amplitude (arb. units)" } } : {},
  }));
}

function phasePanels(slices: readonly Slice[], title: string): ImagePanel[] {
  const largest = slices.reduce((most, { amplitude }) => amplitude.reduce((a, b) => Math.max(a, b), most), 0);
  const seen = slices.map(({ amplitude }) => Uint8Array.from(amplitude, (v) => v >= SEEN * largest && v > 0 ? 1 : 0));
  const all = Float64Array.from(slices.flatMap(({ phase }) => [...phase]));
  const mask = Uint8Array.from(seen.flatMap((slice) => [...slice]));
  const bar = phaseColours(percentileLimits(all, { mask, outside: 0.004 }));
  return slices.map(({ phase, rows, cols, psize, axes, place }, i) => ({
    title: `${title}: ${axes}`,
    note: place,
    psize,
    picture: mapRaster(phase, { rows, cols, map: bar.map, limits: bar.limits, counts: seen[i]! }),
    ...i === 2 ? { bar } : {},
  }));
}
