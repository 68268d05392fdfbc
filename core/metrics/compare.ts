/** How far apart two reconstructions are once everything that ptychography cannot know has been removed. */

import { DataError } from "../errors.ts";
import type { NdArray } from "../../kernels/nd_array.ts";
import { align } from "./align.ts";
import { type Alignment, applyAlignment, bestScale, scaled } from "./alignment.ts";
import { type ComplexPlane, layersOf, type PixelRectangle, planeOf } from "./complex_plane.ts";
import { firstCrossing, fourierRingCorrelation, type Frc, type FrcCrossing } from "./frc.ts";
import { mixOnto, orthogonalModes } from "./mode_mixing.ts";
import { nrmse, phaseRms } from "./nrmse.ts";
import { area, boundsOf, inscribedRectangle, type Region } from "./scanned_region.ts";

/** A threshold crossing with its length. */
export interface Resolution extends FrcCrossing {
  /** Half a period at the crossing in metres. */
  readonly metres: number;
}

/** All numbers of a comparison. */
export interface Comparison {
  /** `sqrt(sum |A - B|^2 / sum |A|^2)` over the region, B aligned. */
  readonly nrmse: number;
  /** Root mean square of the phase difference in radians. */
  readonly phaseRms: number;
  /** What was removed from B. */
  readonly alignment: Alignment;
  /** Shift (y, x) in metres. */
  readonly shiftMetres: readonly [number, number];
  /** Pixels of A that were compared, and the smallest rectangle around them. */
  readonly region: { readonly pixels: number; readonly bounds: PixelRectangle };
  /** The rectangle inside the region in which the ring correlation was taken. */
  readonly frcRectangle: PixelRectangle;
  readonly frc: Frc;
  readonly resolution: { readonly halfBit: Resolution; readonly oneBit: Resolution };
}

/** A comparison with the pictures it was made from, for figures. */
export interface ComparedLayers {
  readonly comparison: Comparison;
  /** Layers of A and aligned layers of B on the grid of A. */
  readonly layers: readonly (readonly [ComplexPlane, ComplexPlane])[];
  readonly region: Region;
}

/** What a comparison needs to know beside the arrays. */
export interface CompareOptions {
  /** Pixel size (y, x) in metres. */
  readonly psize: readonly [number, number];
  /** Pixels of A to compare. */
  readonly region: Region;
  /** Pixels of B that were scanned, where known. */
  readonly regionB?: Region;
  /** Where to take the ring correlation; the largest rectangle inside the region where absent. */
  readonly frcRectangle?: PixelRectangle;
  /** True if the layers are incoherent modes, known only up to a unitary mixing. */
  readonly incoherent?: boolean;
}

/**
 * Compares two objects (or probes), (y, x) or (layer, y, x), over the scanned region of A. They may differ in shape; shift and
 * ramp are found on the strongest layers and are common to all layers, the complex scale is each layer's own. Incoherent modes
 * are made orthogonal, and those of B are mixed so as to come closest to those of A, with one scale for all.
 *
 * @throws {DataError} if the numbers of layers differ or a value is not finite
 * @throws {DataError} if the pictures do not overlap
 */
export function compareObjects(a: NdArray, b: NdArray, options: CompareOptions): ComparedLayers {
  const incoherent = options.incoherent === true && layersOf(a) > 1;
  const [layersA, layersB] = [allLayers(a, "A"), allLayers(b, "B")].map((l) => incoherent ? orthogonalModes(l) : l) as [
    ComplexPlane[],
    ComplexPlane[],
  ];
  if (layersA.length !== layersB.length) {
    throw new DataError(
      `Cannot compare layer by layer: found ${layersA.length} layers in A and ${layersB.length} in B, expected equal numbers`,
      { a: layersA.length, b: layersB.length },
    );
  }
  const { region, psize } = options;
  const lead = strongestLayer(layersA);
  // Orthogonal modes are sorted by power: the strongest of both have the same number.
  const alignment = align(layersA[lead]!, layersB[lead]!, options);
  const moved = layersB.map((plane) => applyAlignment(plane, { ...alignment, scale: [1, 0] }, layersA[0]!));
  const mask = region.mask.map((v, j) => v & moved[0]!.inside[j]!);
  const fitted = incoherent
    ? scaledTogether(layersA, mixOnto(layersA, moved.map((m) => m.plane), mask), mask)
    : moved.map(({ plane }, i) => scaled(plane, bestScale(layersA[i]!, plane, mask)));
  const layers = layersA.map((plane, i) => [plane, fitted[i]!] as const);
  const common = { ...region, mask };
  const frcRectangle = options.frcRectangle ?? inscribedRectangle(common);
  if (Math.min(frcRectangle.y1 - frcRectangle.y0, frcRectangle.x1 - frcRectangle.x0) < 4) {
    throw new DataError(
      `Cannot correlate Fourier rings: found ${
        area(common)
      } common pixels without a rectangle of 4 x 4 in them, expected a larger overlap`,
    );
  }
  const frc = fourierRingCorrelation(layers, frcRectangle);
  const pixel = Math.sqrt(psize[0] * psize[1]);
  const resolution = (threshold: readonly number[]): Resolution => {
    const crossing = firstCrossing(frc, threshold);
    return { ...crossing, metres: crossing.pixels * pixel };
  };
  const comparison: Comparison = {
    ...differences(layers, mask),
    alignment,
    shiftMetres: [alignment.shift[0] * psize[0], alignment.shift[1] * psize[1]],
    region: { pixels: area(common), bounds: boundsOf(common) },
    frcRectangle,
    frc,
    resolution: { halfBit: resolution(frc.halfBit), oneBit: resolution(frc.oneBit) },
  };
  return { comparison, layers, region: common };
}

function allLayers(array: NdArray, name: string): ComplexPlane[] {
  const planes = Array.from({ length: layersOf(array) }, (_, i) => planeOf(array, i));
  planes.forEach((plane, layer) => {
    const at = plane.data.findIndex((v) => !Number.isFinite(v));
    if (at < 0) return;
    const pixel = at >> 1;
    throw new DataError(
      `Cannot compare: found ${plane.data[at]} in ${name} at layer ${layer}, pixel (${
        Math.floor(pixel / plane.cols)
      }, ${pixel % plane.cols}), expected finite numbers`,
    );
  });
  return planes;
}

function strongestLayer(layers: readonly ComplexPlane[]): number {
  const powers = layers.map((p) => p.data.reduce((s, v) => s + v * v, 0));
  return powers.indexOf(Math.max(...powers));
}

/** The modes with one complex factor for all that brings them closest to those of `a`. */
function scaledTogether(a: readonly ComplexPlane[], b: readonly ComplexPlane[], mask: Uint8Array): ComplexPlane[] {
  const scale = bestScale(joined(a), joined(b), repeated(mask, a.length));
  return b.map((plane) => scaled(plane, scale));
}

/** Both numbers over all layers together. */
function differences(
  layers: readonly (readonly [ComplexPlane, ComplexPlane])[],
  mask: Uint8Array,
): { nrmse: number; phaseRms: number } {
  const a = joined(layers.map(([first]) => first)), b = joined(layers.map(([, second]) => second));
  const masks = repeated(mask, layers.length);
  return { nrmse: nrmse(a, b, masks), phaseRms: phaseRms(a, b, masks) };
}

/** Layers below each other as one tall picture. */
function joined(planes: readonly ComplexPlane[]): ComplexPlane {
  const { rows, cols } = planes[0]!;
  const data = new Float64Array(2 * rows * cols * planes.length);
  planes.forEach((plane, i) => data.set(plane.data, 2 * rows * cols * i));
  return { rows: rows * planes.length, cols, data };
}

function repeated(mask: Uint8Array, times: number): Uint8Array {
  const out = new Uint8Array(mask.length * times);
  for (let i = 0; i < times; i++) out.set(mask, i * mask.length);
  return out;
}
