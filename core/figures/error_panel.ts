/** The three errors against the iteration, on a logarithmic axis, with the engines marked. */

// @ts-types="@types/d3-scale"
import { scaleLinear, scaleLog } from "d3-scale";
import { PANEL_TITLE, panelTitle } from "./image_panel.ts";
import { superscript } from "./length_text.ts";
import { element, FAINT_INK, INK, label } from "./svg.ts";

/** Errors after one iteration. */
export interface ErrorRow {
  /** Counted over all engines, from 1. */
  readonly iteration: number;
  readonly engine: string;
  /** (fourierError, photonError, exitError); 0 or less is not drawn. */
  readonly error: readonly [number, number, number];
}

/** Names and colours; Okabe and Ito's, told apart by colour-blind readers too. */
const CURVES = [
  { name: "Fourier", colour: "#0072b2", dash: undefined },
  { name: "photon", colour: "#d55e00", dash: undefined },
  { name: "exit wave", colour: "#009e73", dash: "7 3" },
] as const;

const TEXT = 12;
/** Room for the numbers left of the axis and below it. */
const MARGIN = { left: 62, bottom: 44, top: 16, right: 10 };

/** Draws the curves in a box, title line included. */
export function errorPanel(
  box: { x: number; y: number; width: number; height: number },
  panel: { letter?: string; title: string; rows: readonly ErrorRow[] },
): string {
  const frame = {
    x: box.x + MARGIN.left,
    y: box.y + PANEL_TITLE + MARGIN.top,
    width: box.width - MARGIN.left - MARGIN.right,
    height: box.height - PANEL_TITLE - MARGIN.top - MARGIN.bottom,
  };
  const values = panel.rows.flatMap((row) => row.error.filter((v) => v > 0 && Number.isFinite(v)));
  const title = panelTitle(box, panel);
  if (values.length === 0) {
    return title +
      label("no errors were recorded", {
        x: box.x + box.width / 2,
        y: box.y + box.height / 2,
        size: 13,
        fill: FAINT_INK,
        "text-anchor": "middle",
      });
  }
  const last = panel.rows.at(-1)!.iteration;
  const x = scaleLinear([0, Math.max(1, last)], [frame.x, frame.x + frame.width]);
  const y = scaleLog(logLimits(values), [frame.y + frame.height, frame.y]);
  return [
    title,
    ...axes(frame, { x, y }),
    ...engineMarks(frame, panel.rows, x),
    ...CURVES.map((curve, k) =>
      element("path", {
        d: curvePath(panel.rows.map((row) => [row.iteration, row.error[k]!]), { x, y }),
        fill: "none",
        stroke: curve.colour,
        "stroke-width": 2,
        "stroke-dasharray": curve.dash,
        "stroke-linejoin": "round",
      })
    ),
    element("rect", { ...frame, fill: "none", stroke: INK, "stroke-width": 0.8 }),
    legend(box, panel.rows),
  ].join("\n");
}

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Scale = (value: number) => number;

/** Whole decades, or 1-2-5 steps where the values span less than one. */
function logLimits(values: readonly number[]): [number, number] {
  const low = Math.min(...values), high = Math.max(...values);
  const below = (v: number) => {
    const decade = 10 ** Math.floor(Math.log10(v));
    return decade * ([5, 2, 1].find((s) => s * decade <= v) ?? 1);
  };
  const above = (v: number) => {
    const decade = 10 ** Math.floor(Math.log10(v));
    return decade * ([1, 2, 5, 10].find((s) => s * decade >= v) ?? 10);
  };
  const limits: [number, number] = [below(low / 1.05), above(high * 1.05)];
  return limits[1] / limits[0] < 10 ? [limits[0] / 2, limits[1] * 2] : limits;
}

function axes(
  frame: Frame,
  by: { x: ReturnType<typeof scaleLinear<number>>; y: ReturnType<typeof scaleLog<number>> },
): string[] {
  const bottom = frame.y + frame.height, right = frame.x + frame.width;
  const xTicks = by.x.ticks(8).filter(Number.isInteger);
  const [low, high] = by.y.domain() as [number, number];
  const decades = Math.log10(high / low);
  const steps = decades > 3 ? [1] : decades > 1.6 ? [1, 3] : [1, 2, 5];
  const yTicks: { value: number; text: string }[] = [];
  const grid: number[] = [];
  const plain = low > 0.009 && high < 1001;
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++) {
    for (let m = 1; m < 10; m++) {
      const value = m * 10 ** p;
      if (value < low * 0.999 || value > high * 1.001) continue;
      grid.push(value);
      if (steps.includes(m)) yTicks.push({ value, text: tickText(m, p, plain) });
    }
  }
  return [
    ...grid.map((v) =>
      element("line", { x1: frame.x, x2: frame.x - 3, y1: by.y(v), y2: by.y(v), stroke: INK, "stroke-width": 0.6 })
    ),
    ...yTicks.map((t) =>
      element("line", {
        x1: frame.x,
        x2: right,
        y1: by.y(t.value),
        y2: by.y(t.value),
        stroke: "#e4e4e4",
        "stroke-width": 0.8,
      }) +
      element("line", {
        x1: frame.x,
        x2: frame.x - 6,
        y1: by.y(t.value),
        y2: by.y(t.value),
        stroke: INK,
        "stroke-width": 0.8,
      }) +
      label(t.text, { x: frame.x - 10, y: by.y(t.value) + 0.36 * TEXT, size: TEXT, "text-anchor": "end" })
    ),
    ...xTicks.map((t) =>
      element("line", { x1: by.x(t), x2: by.x(t), y1: bottom, y2: bottom + 6, stroke: INK, "stroke-width": 0.8 }) +
      label(String(t), { x: by.x(t), y: bottom + 19, size: TEXT, "text-anchor": "middle" })
    ),
    label("iteration", { x: frame.x + frame.width / 2, y: bottom + 38, size: 13, "text-anchor": "middle" }),
    label("error", {
      x: 0,
      y: 0,
      size: 13,
      "text-anchor": "middle",
      transform: `translate(${frame.x - 48} ${frame.y + frame.height / 2}) rotate(-90)`,
    }),
  ];
}

function tickText(digit: number, power: number, plain: boolean): string {
  if (plain) return String(Number((digit * 10 ** power).toPrecision(1)));
  return `${digit === 1 ? "" : `${digit}·`}10${superscript(power)}`;
}

/** A dashed line where an engine begins, and its name above its part. */
function engineMarks(frame: Frame, rows: readonly ErrorRow[], x: Scale): string[] {
  const out: string[] = [];
  rows.forEach((row, i) => {
    const previous = rows[i - 1];
    if (previous && previous.engine === row.engine) return;
    const from = x(previous?.iteration ?? 0);
    if (previous) {
      out.push(
        element("line", {
          x1: from,
          x2: from,
          y1: frame.y,
          y2: frame.y + frame.height,
          stroke: FAINT_INK,
          "stroke-width": 1,
          "stroke-dasharray": "4 3",
        }),
      );
    }
    out.push(label(row.engine, { x: from + 3, y: frame.y - 5, size: 12, fill: FAINT_INK, "font-weight": "bold" }));
  });
  return out;
}

/** A line through the values, broken where one cannot be shown; a lone value becomes a short dash. */
function curvePath(points: readonly (readonly [number, number])[], scales: { x: Scale; y: Scale }): string {
  let pen = false;
  const out: string[] = [];
  points.forEach(([iteration, value], i) => {
    const good = value > 0 && Number.isFinite(value);
    if (good) {
      const at = `${scales.x(iteration).toFixed(1)} ${scales.y(value).toFixed(1)}`;
      out.push(`${pen ? "L" : "M"}${at}`);
      const next = points[i + 1];
      if (!pen && !(next && next[1] > 0)) out.push("h-5");
    }
    pen = good;
  });
  return out.join("");
}

/** Names of the curves that are there, in the title line at the right. */
function legend(box: { x: number; y: number; width: number }, rows: readonly ErrorRow[]): string {
  const there = CURVES.filter((_, k) => rows.some((row) => row.error[k]! > 0));
  const step = 104;
  const from = box.x + box.width - MARGIN.right - step * there.length + 10;
  return there.map((curve, i) => {
    const x = from + i * step, y = box.y + PANEL_TITLE - 13;
    return element("line", {
      x1: x,
      x2: x + 22,
      y1: y,
      y2: y,
      stroke: curve.colour,
      "stroke-width": 2.5,
      "stroke-dasharray": curve.dash,
    }) +
      label(curve.name, { x: x + 28, y: y + 4.5, size: 12 });
  }).join("");
}
