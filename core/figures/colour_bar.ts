/** The key from colours to numbers beside a picture. */

// @ts-types="@types/d3-scale"
import { scaleLinear } from "d3-scale";
import { colourAt, type ColourMap } from "./colour_maps.ts";
import { imageElement, raster } from "./raster.ts";
import { element, FAINT_INK, INK, label } from "./svg.ts";

/** What a colour bar shows. */
export interface ColourBar {
  readonly map: ColourMap;
  readonly limits: readonly [number, number];
  /** Quantity with unit, written along the bar. */
  readonly title: string;
  /** Given ticks; round numbers where absent. */
  readonly ticks?: readonly { readonly value: number; readonly text: string }[];
}

/** Width that a colour bar with its numbers and title takes. */
export const COLOUR_BAR_WIDTH = 78;
const BAR = 14, TICK = 5, TEXT = 12;

/** A vertical colour bar, large values on top. */
export function colourBar(box: { x: number; y: number; height: number }, bar: ColourBar): string {
  const { x, y, height } = box;
  const [low, high] = bar.limits;
  const steps = 256;
  const picture = raster({ rows: steps, cols: 1 }, (i) => colourAt(bar.map, 1 - i / (steps - 1)));
  const scale = scaleLinear([low, high], [y + height, y]);
  const count = Math.max(2, Math.min(6, Math.floor(height / 32)));
  const format = scale.tickFormat(count);
  const ticks = bar.ticks ?? scale.ticks(count).map((value) => ({ value, text: format(value).replace("-", "−") }));
  return [
    imageElement(picture, { x, y, width: BAR, height }),
    element("rect", { x, y, width: BAR, height, fill: "none", stroke: INK, "stroke-width": 0.8 }),
    ...ticks.map((tick) => {
      const at = scale(tick.value);
      return element("line", { x1: x + BAR, x2: x + BAR + TICK, y1: at, y2: at, stroke: INK, "stroke-width": 0.8 }) +
        label(tick.text, { x: x + BAR + TICK + 3, y: at + 0.36 * TEXT, size: TEXT });
    }),
    0.6 * TEXT * bar.title.length < height ? barTitle({ x, y: y + height / 2 }, bar.title) : "",
  ].join("");
}

function barTitle(at: { x: number; y: number }, text: string): string {
  return label(text, {
    x: 0,
    y: 0,
    size: TEXT,
    fill: FAINT_INK,
    "text-anchor": "middle",
    transform: `translate(${at.x + COLOUR_BAR_WIDTH - 4} ${at.y}) rotate(-90)`,
  });
}
