/** The pictures that parameters may name. */

import type { NdArray, RealArray } from "../../kernels/nd_array.ts";
import { flowerPicture } from "./flower.ts";
import { moonPicture } from "./moon.ts";
import { starPicture } from "./star.ts";
import { treePicture } from "./tree.ts";

/** Each draws itself at any size, (y, x): complex as a wave or a transmission, real as a thickness from 0 to 1. */
const PICTURES: Readonly<Record<string, (shape: readonly [number, number]) => NdArray<RealArray>>> = {
  flower: flowerPicture,
  moon: moonPicture,
  star: starPicture,
  tree: treePicture,
};

/** The names of all pictures. */
export const PICTURE_NAMES: readonly string[] = Object.keys(PICTURES);

/** A picture by its name; null if there is none of this name. */
export function drawPicture(name: string, shape: readonly [number, number]): NdArray<RealArray> | null {
  return PICTURE_NAMES.includes(name) ? PICTURES[name]!(shape) : null;
}
