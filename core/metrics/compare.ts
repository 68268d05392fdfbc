/** How far apart two reconstructions are once everything that ptychography cannot know has been removed. */

import { DataError } from "../errors.ts";
import type { NdArray } from "../../kernels/nd_array.ts";
import { align } from "./align.ts";
import { type Alignment, applyAlignment, bestScale, scaled } from "./alignment.ts";
import { type ComplexPlane, layersOf, type PixelRectangle, planeOf } from "./complex_plane.ts";
import { firstCrossing, fourierRingCorrelation, type Frc, type FrcCrossing } from "./frc.ts";
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
}

/**
 * Compares two objects (or probes), (y, x) or (layer, y, x), over the scanned region of A. They may differ in shape; shift and
 * ramp are found on the strongest layer of A and are common to all layers, the complex scale is each layer's own.
 *
 * @throws {DataError} if the numbers of layers differ or a value is not finite
 * @throws {DataError} if the pictures do not overlap
 */
export function compareObjects(a: NdArray, b: NdArray, options: CompareOptions): ComparedLayers {
  const layersA = allLayers(a, "A"), layersB = allLayers(b, "B");
  if (layersA.length !== layersB.length) {
    throw new DataError(
      `Cannot compare layer by layer: found ${layersA.length} layers in A and ${layersB.length} in B, expected equal numbers`,
      { a: layersA.length, b: layersB.length },
    );
  }
  const { region, psize } = options;
  const lead = strongestLayer(layersA);
  const alignment = align(layersA[lead]!, layersB[lead]!, options);
  const layers: [ComplexPlane, ComplexPlane][] = [];
  let mask = region.mask;
  layersA.forEach((plane, i) => {
    const moved = applyAlignment(layersB[i]!, { ...alignment, scale: [1, 0] }, plane);
    mask = region.mask.map((v, j) => v & moved.inside[j]!);
    layers.push([plane, scaled(moved.plane, bestScale(plane, moved.plane, mask))]);
  });
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

/** Both numbers over all layers together: layers side by side are one long picture. */
function differences(
  layers: readonly (readonly [ComplexPlane, ComplexPlane])[],
  mask: Uint8Array,
): { nrmse: number; phaseRms: number } {
  const joined = [0, 1].map((side) => {
    const planes = layers.map((pair) => pair[side]!);
    const data = new Float64Array(planes.reduce((n, p) => n + p.data.length, 0));
    planes.reduce((offset, p) => (data.set(p.data, offset), offset + p.data.length), 0);
    return { rows: planes[0]!.rows * planes.length, cols: planes[0]!.cols, data };
  });
  const masks = new Uint8Array(mask.length * layers.length);
  layers.forEach((_, i) => masks.set(mask, i * mask.length));
  return { nrmse: nrmse(joined[0]!, joined[1]!, masks), phaseRms: phaseRms(joined[0]!, joined[1]!, masks) };
}
