/** One page that shows two reconstructions on top of each other, their difference and their ring correlation. */

import type { ComparedLayers } from "../metrics/compare.ts";
import { basename } from "node:path";
import type { ColourBar } from "./colour_bar.ts";
import { divergingMap, greyMap } from "./colour_maps.ts";
import { frcPanel } from "./frc_panel.ts";
import { type ImagePanel, imagePanel, imagePanelHeight, PANEL_TITLE } from "./image_panel.ts";
import { lengthText, numberText } from "./length_text.ts";
import { type ObjectView, percentileLimits, planeView } from "./object_view.ts";
import { phaseColours } from "./phase_colours.ts";
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

/** The figure as an SVG document: amplitude and phase of the first layer of A, of aligned B, and their difference. */
export function comparisonFigure(figure: ComparisonFigure): string {
  const { compared, psize } = figure;
  const [a, b] = compared.layers[0]!;
  const viewA = planeView(a, { region: compared.region });
  const viewB = planeView(b, { region: compared.region, level: viewA.level });
  const column = (WIDTH - 2 * MARGIN - 2 * GAP) / 3;
  const content = [
    label(`${capital(figure.kind)}s compared`, { x: MARGIN, y: 38, size: 21, "font-weight": "bold" }),
    label(`A: ${basename(figure.nameA)}    B: ${basename(figure.nameB)}`, {
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
  const bar: ColourBar = { map: greyMap(), limits, title: "amplitude" };
  const difference = a.amplitude.map((v, i) => v - b.amplitude[i]!);
  return [
    panelOf("Amplitude of A", a.amplitude, { view: a, psize, bar, pale: false }),
    panelOf("Amplitude of B", b.amplitude, { view: a, psize, bar, pale: false }),
    panelOf("Difference A − B", difference, { view: a, psize, bar: differenceBar(difference, a, bar.title) }),
  ];
}

function phaseRow(a: ObjectView, b: ObjectView, psize: readonly [number, number]): ImagePanel[] {
  const bar = phaseColours(percentileLimits(a.phase, { mask: a.scanned, outside: OUTSIDE }));
  const difference = a.phase.map((v, i) => {
    const d = v - b.phase[i]!;
    return d - 2 * Math.PI * Math.round(d / (2 * Math.PI));
  });
  return [
    panelOf("Phase of A", a.phase, { view: a, psize, bar }),
    panelOf("Phase of B", b.phase, { view: a, psize, bar }),
    panelOf("Difference A − B", difference, { view: a, psize, bar: differenceBar(difference, a, bar.title) }),
  ];
}

function panelOf(
  title: string,
  values: Float64Array,
  look: { view: ObjectView; psize: readonly [number, number]; bar: ColourBar; pale?: boolean },
): ImagePanel {
  const { rows, cols, scanned } = look.view;
  const { map, limits } = look.bar;
  const pale = look.pale ?? true;
  // Phases and differences where nothing was measured catch the eye; amplitudes there do not.
  return {
    title,
    psize: look.psize,
    picture: mapRaster(values, { rows, cols, map, limits, ...(pale ? { counts: scanned } : {}) }),
    bar: look.bar,
  };
}

function differenceBar(values: Float64Array, view: ObjectView, title: string): ColourBar {
  const [low, high] = percentileLimits(values, { mask: view.scanned, outside: OUTSIDE });
  // The limits of equal pictures must not blow rounding up to full colour.
  const most = Math.max(Math.abs(low), Math.abs(high), 1e-6);
  return { map: divergingMap(), limits: [-most, most], title };
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
