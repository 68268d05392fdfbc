/** One page that shows a reconstruction: object amplitude and phase, probe modes, error curves. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { layersOf, planeOf } from "../metrics/complex_plane.ts";
import { greyMap } from "./colour_maps.ts";
import { errorPanel, type ErrorRow } from "./error_panel.ts";
import { type ImagePanel, imagePanel, imagePanelHeight, PANEL_TITLE } from "./image_panel.ts";
import { lengthText } from "./length_text.ts";
import { objectView, percentileLimits } from "./object_view.ts";
import { phaseColours } from "./phase_colours.ts";
import { PROBE_WHEEL_WIDTH, probePanel, type ProbeTile } from "./probe_panel.ts";
import { mapRaster } from "./raster.ts";
import { FAINT_INK, label, svgDocument } from "./svg.ts";
import { volumeRows } from "./volume_panels.ts";

/** A probe or object storage. */
export interface FigureStorage {
  readonly ID: string;
  /** Complex, (layer, y, x), or (layer, r3, r1, r2) for volumes. */
  readonly data: NdArray;
  /** Pixel size (y, x) in metres. */
  readonly psize: readonly [number, number];
  /** Volumes: metres from one plane to the next, and the Bragg angle in degrees where it is known. */
  readonly depth?: { readonly psize: number; readonly theta_bragg: number | null };
  /** Objects: (frame, 2) y, x, centres of the views in pixels, where known. */
  readonly centres?: Float64Array;
}

/** What a figure shows. */
export interface ReconstructionFigure {
  /** First line, large. */
  readonly title: string;
  /** Second line, grey; parts are joined by dots. */
  readonly facts?: readonly string[];
  readonly objects: readonly FigureStorage[];
  readonly probes: readonly FigureStorage[];
  readonly errors: readonly ErrorRow[];
}

const WIDTH = 1200;
const MARGIN = 36;
const GAP = 34;
const HEAD = 74;
/** Height of the lower row, probe and errors. */
const LOWER = 372;

/** The figure as an SVG document, 1200 units wide; `renderPng` turns it into pixels. */
export function reconstructionFigure(figure: ReconstructionFigure): string {
  const letters = "abcdefghijklmnopqrstuvwxyz"[Symbol.iterator]();
  const letter = () => letters.next().value ?? "";
  const content: string[] = [head(figure)];
  let y = HEAD;
  for (const panels of [...objectRows(figure), ...volumes(figure)]) {
    const column = (WIDTH - 2 * MARGIN - (panels.length - 1) * GAP) / panels.length;
    const height = Math.max(...panels.map((panel) => imagePanelHeight(panel, column)));
    panels.forEach((panel, i) => {
      content.push(imagePanel({ x: MARGIN + i * (column + GAP), y, width: column }, { ...panel, letter: letter() }));
    });
    y += height + GAP;
  }
  const tiles = probeTiles(figure.probes.filter(({ depth }) => depth === undefined));
  const side = LOWER - PANEL_TITLE;
  let x = MARGIN;
  if (tiles.length > 0) {
    const title = tiles.length > 1 ? "Probe modes" : "Probe";
    content.push(probePanel({ x, y, side }, { letter: letter(), title, tiles }));
    x += side + PROBE_WHEEL_WIDTH + GAP;
  }
  content.push(
    errorPanel({ x, y, width: WIDTH - MARGIN - x, height: LOWER }, {
      letter: letter(),
      title: "Errors",
      rows: figure.errors,
    }),
  );
  return svgDocument({ width: WIDTH, height: y + LOWER + MARGIN }, content);
}

function head(figure: ReconstructionFigure): string {
  const facts = (figure.facts ?? []).join("  ·  ");
  // Long names shrink instead of leaving the page; 0.68 and 0.62 of its size are generous average widths of a character.
  const fitting = (size: number, text: string, width: number) =>
    Math.min(size, (WIDTH - 2 * MARGIN) / (width * text.length));
  return [
    label(figure.title, { x: MARGIN, y: 38, size: fitting(21, figure.title, 0.68), "font-weight": "bold" }),
    label(facts, { x: MARGIN, y: 60, size: fitting(13, facts, 0.62), fill: FAINT_INK }),
  ].join("");
}

/** Amplitude and phase of every layer of every object. */
function objectRows(figure: ReconstructionFigure): ImagePanel[][] {
  const rows: ImagePanel[][] = [];
  const view = figure.probes[0]?.data.shape.slice(-2) as [number, number] | undefined;
  for (const object of figure.objects.filter(({ depth }) => depth === undefined)) {
    const layers = layersOf(object.data);
    for (let layer = 0; layer < layers; layer++) {
      const shown = objectView(object.data, {
        layer,
        ...(object.centres ? { centres: object.centres } : {}),
        ...(view ? { view } : {}),
      });
      const names = [
        figure.objects.length > 1 ? object.ID : "",
        layers > 1 ? `mode ${layer + 1} of ${layers}` : "",
      ].filter((s) => s !== "");
      const suffix = names.length > 0 ? ` (${names.join(", ")})` : "";
      const { rows: height, cols: width } = shown;
      const amplitudeLimits = percentileLimits(shown.amplitude, { mask: shown.scanned, outside: 0.004 });
      const phase = phaseColours(percentileLimits(shown.phase, { mask: shown.scanned, outside: 0.004 }));
      const grey = greyMap();
      const common = {
        psize: object.psize,
        note: brokenNote(shown.amplitude) ?? `${lengthText(object.psize[1])} per pixel`,
      };
      rows.push([
        {
          ...common,
          title: `Object amplitude${suffix}`,
          picture: mapRaster(shown.amplitude, { rows: height, cols: width, map: grey, limits: amplitudeLimits }),
          bar: { map: grey, limits: amplitudeLimits, title: "amplitude (arb. units)" },
        },
        {
          ...common,
          title: `Object phase${suffix}`,
          picture: mapRaster(shown.phase, { rows: height, cols: width, map: phase.map, limits: phase.limits }),
          bar: phase,
        },
      ]);
    }
  }
  return rows;
}

/** Slices through objects and probes that are volumes. */
function volumes({ objects, probes }: ReconstructionFigure): ImagePanel[][] {
  const rowsOf = (kind: string, storages: readonly FigureStorage[], withPhase: boolean) =>
    storages.filter(({ depth }) => depth !== undefined).flatMap((storage) => {
      const title = storages.length > 1 ? `${kind} ${storage.ID}` : kind;
      return volumeRows(storage, { title, withPhase });
    });
  return [...rowsOf("Object", objects, true), ...rowsOf("Probe", probes, false)];
}

/** What a reader must know before anything else: that the reconstruction has left the finite numbers. */
function brokenNote(amplitude: Float64Array): string | undefined {
  const count = amplitude.reduce((n, v) => n + (Number.isFinite(v) ? 0 : 1), 0);
  return count > 0 ? `${count} pixels are not finite` : undefined;
}

function probeTiles(probes: readonly FigureStorage[]): ProbeTile[] {
  return probes.flatMap((probe) => {
    const planes = Array.from({ length: layersOf(probe.data) }, (_, i) => planeOf(probe.data, i));
    const powers = planes.map((p) => p.data.reduce((sum, v) => sum + v * v, 0));
    const total = powers.reduce((sum, v) => sum + v, 0) || 1;
    return planes.map((plane, i) => ({
      plane,
      psize: probe.psize,
      name: probes.length > 1 ? `${probe.ID} ${i + 1}` : `mode ${i + 1}`,
      power: powers[i]! / total,
    }));
  });
}
