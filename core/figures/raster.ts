/** Arrays of numbers as pictures inside an SVG. */

import { encode } from "fast-png";
import { encodeBase64 } from "@std/encoding/base64.js";
import { colourAt, type ColourMap, complexColour, type Rgb } from "./colour_maps.ts";
import { element } from "./svg.ts";

/** A picture of coloured pixels, row by row, three bytes each. */
export interface Raster {
  readonly rows: number;
  readonly cols: number;
  readonly rgb: Uint8Array;
}

/** How far pixels that do not count are moved towards white. */
const PALE = 0.75;

/** Real values (y, x) through a colour map between two limits; where `counts` is given and 0, the colours are pale. */
export function mapRaster(
  values: Float64Array,
  options: { rows: number; cols: number; map: ColourMap; limits: readonly [number, number]; counts?: Uint8Array },
): Raster {
  const [low, high] = options.limits;
  return raster(options, (i) => {
    const colour = colourAt(options.map, (values[i]! - low) / (high - low || 1));
    if (!options.counts || options.counts[i]) return colour;
    const [r, g, b] = colour.map((v) => Math.round(v + PALE * (255 - v)));
    return [r!, g!, b!];
  });
}

/** Complex values (y, x), interleaved: hue is the phase, brightness the amplitude over `full`. */
export function complexRaster(values: Float64Array, options: { rows: number; cols: number; full: number }): Raster {
  return raster(options, (i) => {
    const re = values[2 * i]!, im = values[2 * i + 1]!;
    return complexColour(Math.hypot(re, im) / (options.full || 1), Math.atan2(im, re));
  });
}

/** A picture from a function of the pixel number. */
export function raster(shape: { rows: number; cols: number }, colour: (index: number) => Rgb): Raster {
  const rgb = new Uint8Array(3 * shape.rows * shape.cols);
  for (let i = 0; i < shape.rows * shape.cols; i++) rgb.set(colour(i), 3 * i);
  return { rows: shape.rows, cols: shape.cols, rgb };
}

/** The picture in a box of the figure: pixels stay squares when magnified, and are averaged when there are too many to show. */
export function imageElement(picture: Raster, box: { x: number; y: number; width: number; height: number }): string {
  const png = encode({ width: picture.cols, height: picture.rows, data: picture.rgb, channels: 3, depth: 8 });
  return element("image", {
    ...box,
    preserveAspectRatio: "none",
    "image-rendering": picture.cols > 3 * box.width ? "optimizeQuality" : "optimizeSpeed",
    href: `data:image/png;base64,${encodeBase64(png)}`,
  });
}
