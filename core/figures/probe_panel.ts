/** The probe modes as tiles, with a wheel that explains their colours. */

import { type ComplexPlane } from "../metrics/complex_plane.ts";
import { complexColour } from "./colour_maps.ts";
import { PANEL_TITLE, panelTitle } from "./image_panel.ts";
import { complexRaster, imageElement, type Raster } from "./raster.ts";
import { scaleBar } from "./scale_bar.ts";
import { element, FAINT_INK, INK, label } from "./svg.ts";

/** One mode of one probe storage. */
export interface ProbeTile {
  readonly plane: ComplexPlane;
  /** Pixel size (y, x) in metres. */
  readonly psize: readonly [number, number];
  /** What the tile shows, such as `mode 1`; may be empty where there is only one. */
  readonly name: string;
  /** Its part of the power of its storage, 0 to 1. */
  readonly power: number;
}

/** Side of the colour wheel with its labels. */
const WHEEL = 62;

/** Draws the tiles as a square grid with the given side, the wheel in the upper right corner of the first one. */
export function probePanel(
  box: { x: number; y: number; side: number },
  panel: { letter?: string; title: string; note?: string; tiles: readonly ProbeTile[] },
): string {
  const { tiles } = panel;
  const columns = Math.ceil(Math.sqrt(tiles.length));
  const gap = columns > 1 ? 4 : 0;
  const side = (box.side - gap * (columns - 1)) / columns;
  const top = box.y + PANEL_TITLE;
  return [
    panelTitle({ x: box.x, y: box.y, width: box.side }, panel),
    ...tiles.map((tile, i) => {
      const at = { x: box.x + (side + gap) * (i % columns), y: top + (side + gap) * Math.floor(i / columns) };
      return tileElement({ ...at, width: side, height: side }, tile, tiles.length);
    }),
    colourWheel({ x: box.x + box.side + 14, y: top, side: WHEEL }),
  ].join("\n");
}

/** Width that the wheel takes to the right of the tiles. */
export const PROBE_WHEEL_WIDTH = WHEEL + 34;

function tileElement(
  box: { x: number; y: number; width: number; height: number },
  tile: ProbeTile,
  count: number,
): string {
  const { rows, cols } = tile.plane;
  const size = Math.max(9, Math.min(13, box.width / 14));
  // Each mode is scaled to itself: weak modes would be black otherwise, and the percentage tells their weight.
  const picture = complexRaster(tile.plane.data, { rows, cols, full: largest(tile.plane) });
  const percent = `${(100 * tile.power).toFixed(tile.power >= 0.0995 ? 0 : 1)} %`;
  return [
    imageElement(picture, box),
    element("rect", { ...box, fill: "none", stroke: INK, "stroke-width": 0.8 }),
    count > 1
      ? label(`${tile.name}: ${percent}`, {
        x: box.x + 0.6 * size,
        y: box.y + 1.5 * size,
        size,
        fill: "#ffffff",
        stroke: "#000000",
        "stroke-opacity": 0.7,
        "stroke-width": 2.5,
        "paint-order": "stroke",
      })
      : "",
    scaleBar(box, { metresPerUnit: tile.psize[1] * cols / box.width, size }),
  ].join("");
}

function largest(plane: ComplexPlane): number {
  let most = 0;
  for (let i = 0; i < plane.data.length; i += 2) most = Math.max(most, plane.data[i]! ** 2 + plane.data[i + 1]! ** 2);
  return Math.sqrt(most);
}

/** Hue round the circle, brightness from the centre outwards. */
function colourWheel(box: { x: number; y: number; side: number }): string {
  const pixels = 128, middle = (pixels - 1) / 2;
  const rgb = new Uint8Array(3 * pixels * pixels);
  for (let y = 0; y < pixels; y++) {
    for (let x = 0; x < pixels; x++) {
      const radius = Math.hypot(y - middle, x - middle) / middle;
      // A positive phase turns counter-clockwise, as in a plot with the imaginary axis upwards.
      rgb.set(complexColour(radius, Math.atan2(middle - y, x - middle)), 3 * (y * pixels + x));
    }
  }
  const picture: Raster = { rows: pixels, cols: pixels, rgb };
  const radius = box.side / 2, cx = box.x + radius + 6, cy = box.y + radius + 14;
  const id = "wheel";
  const small = { size: 11, fill: FAINT_INK, "text-anchor": "middle" } as const;
  return [
    element("clipPath", { id }, element("circle", { cx, cy, r: radius - 0.5 })),
    element(
      "g",
      { "clip-path": `url(#${id})` },
      imageElement(picture, { x: cx - radius, y: cy - radius, width: box.side, height: box.side }),
    ),
    element("circle", { cx, cy, r: radius, fill: "none", stroke: INK, "stroke-width": 0.8 }),
    label("0", { ...small, x: cx + radius + 8, y: cy + 4 }),
    label("π/2", { ...small, x: cx, y: cy - radius - 5 }),
    label("π", { ...small, x: cx - radius - 7, y: cy + 4 }),
    label("−π/2", { ...small, x: cx, y: cy + radius + 14 }),
    label("hue: phase", { ...small, x: cx, y: cy + radius + 36 }),
    label("brightness:", { ...small, x: cx, y: cy + radius + 52 }),
    label("amplitude", { ...small, x: cx, y: cy + radius + 66 }),
  ].join("");
}
