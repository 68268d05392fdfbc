/** A bar of a round length that says how large things are. */

import { lengthText, roundBelow } from "./length_text.ts";
import { element, label } from "./svg.ts";

/** Largest part of the picture's width that the bar may take. */
const LARGEST_PART = 0.3;

/** A scale bar in the lower left corner of a picture, white on a dark veil so that it can be read on any picture. */
export function scaleBar(
  box: { x: number; y: number; width: number; height: number },
  options: { metresPerUnit: number; size: number },
): string {
  const metres = roundBelow(LARGEST_PART * box.width * options.metresPerUnit);
  if (metres === 0) return "";
  const { size } = options;
  const text = lengthText(metres);
  const length = metres / options.metresPerUnit;
  const pad = 0.55 * size, inset = 0.7 * size;
  // No character of the font is wider than 0.72 of its size on average in such a text.
  const width = Math.max(length, 0.66 * size * text.length) + 2 * pad;
  const height = 2.1 * size;
  const x = box.x + inset, y = box.y + box.height - inset - height;
  return [
    element("rect", { x, y, width, height, rx: 0.25 * size, fill: "#000000", "fill-opacity": 0.55 }),
    element("rect", {
      x: x + (width - length) / 2,
      y: y + height - 0.65 * size,
      width: length,
      height: 0.3 * size,
      fill: "#ffffff",
    }),
    label(text, { x: x + width / 2, y: y + 1.1 * size, size, fill: "#ffffff", "text-anchor": "middle" }),
  ].join("");
}
