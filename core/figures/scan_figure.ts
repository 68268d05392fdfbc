/** One page that shows data before a reconstruction: the positions and the mean pattern of each scan. */

import { greyMap } from "./colour_maps.ts";
import { imagePanel, imagePanelHeight, PANEL_TITLE, panelTitle } from "./image_panel.ts";
import { lengthText } from "./length_text.ts";
import { mapRaster } from "./raster.ts";
import { element, INK, label, svgDocument } from "./svg.ts";

/** A scan. */
export interface ScanFigure {
  /** (frame, 2), row then column, metres; null where there are none. */
  readonly positions: Float64Array | null;
  /** Mean pattern (y, x) of this shape. */
  readonly mean: Float64Array;
  readonly shape: readonly [number, number];
  /** Detector pixel (y, x) in metres; null where it is not known. */
  readonly psize: readonly [number, number] | null;
}

const WIDTH = 1200;
const MARGIN = 36;
const GAP = 34;
const HEAD = 60;

/** Part of the box that stays free around the positions. */
const INSET = 0.05;

/** The figure as an SVG document. */
export function scanFigure(title: string, scans: readonly ScanFigure[]): string {
  const column = (WIDTH - 2 * MARGIN - GAP) / 2;
  const content = [label(title, { x: MARGIN, y: 36, size: 20, "font-weight": "bold" })];
  let y = HEAD;
  for (const { positions, mean, shape: [rows, cols], psize } of scans) {
    const values = mean.map((value) => Number.isFinite(value) ? Math.log10(1 + Math.max(0, value)) : 0);
    const limits = [0, values.reduce((a, b) => Math.max(a, b), 0)] as const;
    const map = greyMap();
    const panel = {
      title: "Mean pattern",
      note: psize === null ? `${cols} x ${rows} pixels` : `${cols} x ${rows} pixels of ${lengthText(psize[1])}`,
      picture: mapRaster(values, { rows, cols, map, limits }),
      psize: psize ?? [1, 1] as const,
      isScaled: psize !== null,
      bar: { map, limits, title: "log10(1 + counts)" },
    };
    const height = imagePanelHeight(panel, column);
    content.push(imagePanel({ x: MARGIN + column + GAP, y, width: column }, panel));
    if (positions !== null) content.push(positionPanel({ x: MARGIN, y, width: column, height }, positions));
    y += height + GAP;
  }
  return svgDocument({ width: WIDTH, height: y + MARGIN - GAP }, content);
}

function positionPanel(
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  positions: Float64Array,
): string {
  const frame = { x: box.x, y: box.y + PANEL_TITLE, width: box.width, height: box.height - PANEL_TITLE };
  const along = (axis: number) => {
    const values = positions.filter((_, i) => i % 2 === axis);
    const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    return { least, size: most - least };
  };
  const [rows, cols] = [along(0), along(1)];
  const room = 1 - 2 * INSET;
  // Both axes have one scale.
  const scale = Math.min(room * frame.width / (cols.size || 1), room * frame.height / (rows.size || 1));
  const place = (value: number, { least, size }: typeof rows, from: number, length: number) =>
    from + (length - size * scale) / 2 + (value - least) * scale;
  const dots = Array.from({ length: positions.length / 2 }, (_, i) =>
    element("circle", {
      cx: place(positions[2 * i + 1]!, cols, frame.x, frame.width),
      cy: place(positions[2 * i]!, rows, frame.y, frame.height),
      r: 2.2,
      fill: "#0072b2",
      "fill-opacity": 0.7,
    }));
  const note = `${lengthText(cols.size)} x ${lengthText(rows.size)}`;
  const title = `Positions (${positions.length / 2})`;
  return [
    panelTitle({ x: box.x, y: box.y, width: box.width }, { title, note }),
    ...dots,
    element("rect", { ...frame, fill: "none", stroke: INK, "stroke-width": 0.8 }),
  ].join("\n");
}
