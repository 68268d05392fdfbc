/** Which colours suit a picture of phases. */

import type { ColourBar } from "./colour_bar.ts";
import { cyclicMap, sequentialMap } from "./colour_maps.ts";

/** Phases that span more than this are shown with a cyclic map. */
const CYCLIC_SPAN = 0.75 * 2 * Math.PI;

/** A sequential map between the limits, or the hue circle from -pi to pi where the limits are far apart (radians). */
export function phaseColours(limits: readonly [number, number]): ColourBar {
  const title = "phase (rad)";
  if (limits[1] - limits[0] < CYCLIC_SPAN) return { map: sequentialMap(), limits, title };
  const ticks = ["−π", "−π/2", "0", "π/2", "π"].map((text, i) => ({ value: (i - 2) * Math.PI / 2, text }));
  return { map: cyclicMap(), limits: [-Math.PI, Math.PI], title, ticks };
}
