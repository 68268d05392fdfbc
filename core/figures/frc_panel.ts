/** Fourier ring correlation with its thresholds and where they are crossed. */

// @ts-types="@types/d3-scale"
import { scaleLinear } from "d3-scale";
import type { Comparison } from "../metrics/compare.ts";
import { PANEL_TITLE, panelTitle } from "./image_panel.ts";
import { lengthText } from "./length_text.ts";
import { element, FAINT_INK, INK, label } from "./svg.ts";

const CURVES = [
  { name: "correlation", key: "correlation", colour: "#0072b2", dash: undefined, width: 2.2 },
  { name: "½-bit threshold", key: "halfBit", colour: "#d55e00", dash: "7 3", width: 1.6 },
  { name: "1-bit threshold", key: "oneBit", colour: "#7a7a7a", dash: "2 3", width: 1.6 },
] as const;

const MARGIN = { left: 62, bottom: 44, top: 8, right: 10 };
const TEXT = 12;

/** Draws the curves in a box, title line included. */
export function frcPanel(
  box: { x: number; y: number; width: number; height: number },
  panel: { letter?: string; title: string; comparison: Comparison; psize: readonly [number, number] },
): string {
  const { frc, resolution } = panel.comparison;
  const frame = {
    x: box.x + MARGIN.left,
    y: box.y + PANEL_TITLE + MARGIN.top,
    width: box.width - MARGIN.left - MARGIN.right,
    height: box.height - PANEL_TITLE - MARGIN.top - MARGIN.bottom,
  };
  const low = Math.min(0, ...frc.correlation);
  const x = scaleLinear([0, 1], [frame.x, frame.x + frame.width]);
  const y = scaleLinear([low < -0.05 ? Math.max(-1, low - 0.05) : 0, 1.03], [frame.y + frame.height, frame.y]);
  const lines = CURVES.map((curve) => {
    const points = frc.frequency.map((f, i) => `${x(2 * f).toFixed(1)} ${y(frc[curve.key][i]!).toFixed(1)}`);
    return element("path", {
      d: `M${points.join("L")}`,
      fill: "none",
      stroke: curve.colour,
      "stroke-width": curve.width,
      "stroke-dasharray": curve.dash,
    });
  });
  const { halfBit } = resolution;
  const at = x(2 * halfBit.frequency);
  const right = at < frame.x + 0.6 * frame.width;
  const crossing = [
    element("line", {
      x1: at,
      x2: at,
      y1: frame.y,
      y2: frame.y + frame.height,
      stroke: CURVES[1].colour,
      "stroke-width": 1,
    }),
    label(`${halfBit.beyond ? "at best " : ""}${lengthText(halfBit.metres)}`, {
      x: at + (right ? 6 : -6),
      y: frame.y + frame.height - 12,
      size: 13,
      fill: CURVES[1].colour,
      "font-weight": "bold",
      "text-anchor": right ? "start" : "end",
    }),
  ];
  return [
    panelTitle(box, panel),
    ...axes(frame, { x, y, pixel: Math.sqrt(panel.psize[0] * panel.psize[1]) }),
    ...lines,
    ...crossing,
    element("rect", { ...frame, fill: "none", stroke: INK, "stroke-width": 0.8 }),
    legend(box),
  ].join("\n");
}

type LinearScale = ReturnType<typeof scaleLinear<number>>;

function axes(
  frame: { x: number; y: number; width: number; height: number },
  by: { x: LinearScale; y: LinearScale; pixel: number },
): string[] {
  const bottom = frame.y + frame.height;
  return [
    ...by.y.ticks(5).map((t: number) =>
      element("line", {
        x1: frame.x,
        x2: frame.x + frame.width,
        y1: by.y(t),
        y2: by.y(t),
        stroke: "#e4e4e4",
        "stroke-width": 0.8,
      }) +
      element("line", { x1: frame.x, x2: frame.x - 6, y1: by.y(t), y2: by.y(t), stroke: INK, "stroke-width": 0.8 }) +
      label(t.toFixed(1).replace("-", "−"), {
        x: frame.x - 10,
        y: by.y(t) + 0.36 * TEXT,
        size: TEXT,
        "text-anchor": "end",
      })
    ),
    ...by.x.ticks(5).map((t: number) =>
      element("line", { x1: by.x(t), x2: by.x(t), y1: bottom, y2: bottom + 6, stroke: INK, "stroke-width": 0.8 }) +
      label(t.toFixed(1), { x: by.x(t), y: bottom + 19, size: TEXT, "text-anchor": "middle" })
    ),
    label(`spatial frequency (1 = Nyquist, one period in ${lengthText(2 * by.pixel)})`, {
      x: frame.x + frame.width / 2,
      y: bottom + 38,
      size: 13,
      "text-anchor": "middle",
    }),
  ];
}

function legend(box: { x: number; y: number; width: number }): string {
  const widths = [116, 146, 140];
  let x = box.x + box.width - MARGIN.right - widths.reduce((a, b) => a + b, 0) + 10;
  return CURVES.map((curve, i) => {
    const from = x, y = box.y + PANEL_TITLE - 13;
    x += widths[i]!;
    return element("line", {
      x1: from,
      x2: from + 22,
      y1: y,
      y2: y,
      stroke: curve.colour,
      "stroke-width": curve.width,
      "stroke-dasharray": curve.dash,
    }) +
      label(curve.name, { x: from + 28, y: y + 4.5, size: 12, fill: i === 0 ? INK : FAINT_INK });
  }).join("");
}
