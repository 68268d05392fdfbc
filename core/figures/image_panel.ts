/** A titled picture with frame, scale bar and colour bar. */

import { COLOUR_BAR_WIDTH, type ColourBar, colourBar } from "./colour_bar.ts";
import { imageElement, type Raster } from "./raster.ts";
import { scaleBar } from "./scale_bar.ts";
import { element, FAINT_INK, INK, label } from "./svg.ts";

/** A picture and what stands around it. */
export interface ImagePanel {
  /** Letter of the panel, bold, such as `a`. */
  readonly letter?: string;
  readonly title: string;
  /** Small grey text after the title, at the right end. */
  readonly note?: string;
  readonly picture: Raster;
  /** Pixel size (y, x) in metres. */
  readonly psize: readonly [number, number];
  /** False where only the proportions of `psize` are known: then there is no scale bar. */
  readonly isScaled?: boolean;
  readonly bar?: ColourBar;
}

/** Height of the line above a picture. */
export const PANEL_TITLE = 26;
/** Gap between picture and colour bar. */
const GAP = 10;

/** Height of a panel of a given width: the picture keeps its proportions. */
export function imagePanelHeight(panel: ImagePanel, width: number): number {
  return PANEL_TITLE + pictureBox(panel, width).height;
}

/** Draws a panel whose upper left corner is at (x, y). */
export function imagePanel(at: { x: number; y: number; width: number }, panel: ImagePanel): string {
  const { x, y } = at;
  const size = pictureBox(panel, at.width);
  const box = { x, y: y + PANEL_TITLE, ...size };
  return [
    panelTitle({ x, y, width: size.width }, panel),
    imageElement(panel.picture, box),
    element("rect", { ...box, fill: "none", stroke: INK, "stroke-width": 0.8 }),
    panel.isScaled === false
      ? ""
      : scaleBar(box, { metresPerUnit: panel.psize[1] * panel.picture.cols / size.width, size: 13 }),
    panel.bar ? colourBar({ x: x + size.width + GAP, y: box.y, height: size.height }, panel.bar) : "",
  ].join("\n");
}

/** The line above a panel: letter, title and, at the right end, a note. */
export function panelTitle(
  at: { x: number; y: number; width: number },
  panel: { letter?: string; title: string; note?: string },
): string {
  const baseline = at.y + PANEL_TITLE - 9;
  // 0.62 of its size is a generous average width of a character; a note that would run into the title is left out.
  const room = at.width - 20 - 0.62 * 15 * panel.title.length;
  const note = panel.note && 0.62 * 12 * panel.note.length < room ? panel.note : undefined;
  return [
    panel.letter ? label(panel.letter, { x: at.x, y: baseline, size: 16, "font-weight": "bold" }) : "",
    label(panel.title, { x: at.x + (panel.letter ? 20 : 0), y: baseline, size: 15 }),
    note ? label(note, { x: at.x + at.width, y: baseline, size: 12, fill: FAINT_INK, "text-anchor": "end" }) : "",
  ].join("");
}

function pictureBox(panel: ImagePanel, width: number): { width: number; height: number } {
  const free = width - (panel.bar ? COLOUR_BAR_WIDTH + GAP : 0);
  const aspect = panel.picture.rows * panel.psize[0] / (panel.picture.cols * panel.psize[1]);
  // A tall picture is narrowed to a square's height instead of filling the page.
  return aspect > 1 ? { width: free / aspect, height: free } : { width: free, height: free * aspect };
}
