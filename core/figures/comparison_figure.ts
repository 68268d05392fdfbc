/** One page that shows two reconstructions on top of each other, their difference and their ring correlation. */

import type { ComparedLayers } from "../metrics/compare.ts";
import { type ColourMap, cyclicMap, divergingMap, greyMap, sequentialMap } from "./colour_maps.ts";
import { frcPanel } from "./frc_panel.ts";
import { type ImagePanel, imagePanel, imagePanelHeight, PANEL_TITLE } from "./image_panel.ts";
import { lengthText, numberText } from "./length_text.ts";
import { type ObjectView, percentileLimits, planeView } from "./object_view.ts";
import { mapRaster } from "./raster.ts";
import { FAINT_INK, label, svgDocument } from "./svg.ts";

/** What the page shows. */
export interface ComparisonFigure {
  readonly compared: ComparedLayers;
  /** What was compared, such as `object`. */
  readonly kind: string;
  readonly nameA: string;
  readonly nameB: string;
  /** Pixel size (y, x) in metres. */
  readonly psize: readonly [number, number];
}

const WIDTH = 1280;
const MARGIN = 36;
const GAP = 26;
const HEAD = 74;
const LOWER = 330;
/** Part of the pixels that may lie beyond the ends of the colours. */
const OUTSIDE = 0.004;
const CYCLIC_SPAN = 0.75 * 2 * Math.PI;

/** The figure as an SVG document: amplitude and phase of the first layer of A, of aligned B, and their difference. */
export function comparisonFigure(figure: ComparisonFigure): string {
  const { compared, psize } = figure;
  const [a, b] = compared.layers[0]!;
  const viewA = planeView(a, { region: compared.region });
  const viewB = planeView(b, { region: compared.region, level: viewA.level });
  const column = (WIDTH - 2 * MARGIN - 2 * GAP) / 3;
  const content = [
    label(`${capital(figure.kind)}s compared`, { x: MARGIN, y: 38, size: 21, "font-weight": "bold" }),
    label(`A: ${figure.nameA}    B: ${figure.nameB}`, {
      x: MARGIN,
      y: 60,
      size: 13,
      fill: FAINT_INK,
      "xml:space": "preserve",
    }),
  ];
  let y = HEAD, letter = 0;
  for (const row of [amplitudeRow(viewA, viewB, psize), phaseRow(viewA, viewB, psize)]) {
    row.forEach((panel, i) => {
      const at = { x: MARGIN + i * (column + GAP), y, width: column };
      content.push(imagePanel(at, { ...panel, letter: "abcdef"[letter++]! }));
    });
    y += Math.max(...row.map((panel) => imagePanelHeight(panel, column))) + GAP;
  }
  const { comparison } = compared;
  content.push(
    frcPanel({ x: MARGIN, y, width: 2 * column + GAP, height: LOWER }, {
      letter: "g",
      title: "Fourier ring correlation",
      comparison,
      psize,
    }),
    numbers({ x: MARGIN + 2 * (column + GAP) + 10, y: y + PANEL_TITLE + 18 }, figure),
  );
  return svgDocument({ width: WIDTH, height: y + LOWER + MARGIN / 2 }, content);
}

function amplitudeRow(a: ObjectView, b: ObjectView, psize: readonly [number, number]): ImagePanel[] {
  const limits = percentileLimits(a.amplitude, { mask: a.scanned, outside: OUTSIDE });
  const difference = a.amplitude.map((v, i) => v - b.amplitude[i]!);
  return [
    panelOf("Amplitude of A", a.amplitude, { view: a, psize, map: greyMap(), limits, unit: "amplitude" }),
    panelOf("Amplitude of B", b.amplitude, { view: a, psize, map: greyMap(), limits, unit: "amplitude" }),
    differencePanel("Difference A − B", difference, { view: a, psize, unit: "amplitude" }),
  ];
}

function phaseRow(a: ObjectView, b: ObjectView, psize: readonly [number, number]): ImagePanel[] {
  const found = percentileLimits(a.phase, { mask: a.scanned, outside: OUTSIDE });
  const cyclic = found[1] - found[0] >= CYCLIC_SPAN;
  const limits: [number, number] = cyclic ? [-Math.PI, Math.PI] : found;
  const map = cyclic ? cyclicMap() : sequentialMap();
  const difference = a.phase.map((v, i) =>
    v - b.phase[i]! - 2 * Math.PI * Math.round((v - b.phase[i]!) / (2 * Math.PI))
  );
  return [
    panelOf("Phase of A", a.phase, { view: a, psize, map, limits, unit: "phase (rad)" }),
    panelOf("Phase of B", b.phase, { view: a, psize, map, limits, unit: "phase (rad)" }),
    differencePanel("Difference A − B", difference, { view: a, psize, unit: "phase (rad)" }),
  ];
}

interface PanelLook {
  readonly view: ObjectView;
  readonly psize: readonly [number, number];
  readonly unit: string;
}

function panelOf(
  title: string,
  values: Float64Array,
  look: PanelLook & { map: ColourMap; limits: readonly [number, number] },
): ImagePanel {
  const { rows, cols } = look.view;
  const { map, limits, psize } = look;
  return {
    title,
    psize,
    picture: mapRaster(values, { rows, cols, map, limits }),
    bar: { map, limits, title: look.unit },
  };
}

function differencePanel(title: string, values: Float64Array, look: PanelLook): ImagePanel {
  const [low, high] = percentileLimits(values, { mask: look.view.scanned, outside: OUTSIDE });
  // Limits as of identical pictures must not blow rounding up to full colour.
  const most = Math.max(Math.abs(low), Math.abs(high), 1e-6);
  return panelOf(title, values, { ...look, map: divergingMap(), limits: [-most, most] });
}

function numbers(at: { x: number; y: number }, figure: ComparisonFigure): string {
  const c = figure.compared.comparison;
  const { halfBit, oneBit } = c.resolution;
  const length = (r: typeof halfBit) => `${r.beyond ? "≤ " : ""}${lengthText(r.metres)} (${numberText(r.pixels)} px)`;
  const rows = [
    ["NRMSE", numberText(c.nrmse)],
    ["phase rms", `${numberText(c.phaseRms)} rad`],
    ["½-bit resolution", length(halfBit)],
    ["1-bit resolution", length(oneBit)],
    ["shift (y, x)", `${numberText(c.alignment.shift[0])}, ${numberText(c.alignment.shift[1])} px`],
    [
      "ramp (y, x)",
      `${numberText(c.alignment.ramp[0] * 2000 * Math.PI)}, ${
        numberText(c.alignment.ramp[1] * 2000 * Math.PI)
      } mrad/px`,
    ],
    ["scale", numberText(Math.hypot(...c.alignment.scale))],
    ["compared", `${c.region.pixels} pixels of ${lengthText(figure.psize[1])}`],
  ];
  return rows.map(([name, value], i) =>
    label(name!, { x: at.x, y: at.y + i * 27, size: 13, fill: FAINT_INK }) +
    label(value!, { x: at.x + 132, y: at.y + i * 27, size: 13 })
  ).join("");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
