/** Colour maps: even in lightness, closed where cyclic. */

import assert from "node:assert/strict";
import {
  colourAt,
  type ColourMap,
  complexColour,
  cyclicMap,
  divergingMap,
  greyMap,
  type Rgb,
  sequentialMap,
} from "./colour_maps.ts";

/** Oklab lightness of a colour, from the published matrices. */
function lightness(rgb: Rgb): number {
  const [r, g, b] = rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4) as [
    number,
    number,
    number,
  ];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
}

function steps(map: ColourMap): number[] {
  return map.table.map(lightness).slice(1).map((v, i) => v - lightness(map.table[i]!));
}

Deno.test("greyMap() runs from black to white in equal steps of lightness", () => {
  assert.deepEqual([colourAt(greyMap(), 0), colourAt(greyMap(), 1)], [[0, 0, 0], [255, 255, 255]]);
  // Near black one byte more is a large step in lightness.
  greyMap().table.forEach((c, i) => assert.ok(Math.abs(lightness(c) - i / 255) < (i < 40 ? 0.06 : 5e-3), `${i}: ${c}`));
});

Deno.test("sequentialMap() grows in lightness by even steps and differs in every step", () => {
  const d = steps(sequentialMap());
  assert.ok(d.every((v) => Math.abs(v - 0.76 / 255) < 4e-3), `${Math.min(...d)} to ${Math.max(...d)}`);
  assert.equal(new Set(sequentialMap().table.map(String)).size, 256);
});

Deno.test("cyclicMap() has one lightness and closes", () => {
  const map = cyclicMap();
  assert.ok(map.cyclic && map.table.every((c) => Math.abs(lightness(c) - 0.75) < 6e-3));
  assert.deepEqual(map.table[0], map.table[255]);
});

Deno.test("divergingMap() is white in the middle and equally dark at both ends", () => {
  const map = divergingMap();
  assert.ok(Math.abs(lightness(colourAt(map, 0)) - lightness(colourAt(map, 1))) < 6e-3);
  assert.ok(colourAt(map, 0)[2] > 150 && colourAt(map, 1)[0] > 150);
  assert.ok(lightness(colourAt(map, 0.5)) > 0.96);
});

Deno.test("complexColour() is black at amplitude 0 and keeps its hue as it grows", () => {
  assert.deepEqual(complexColour(0, 1.3), [0, 0, 0]);
  assert.notDeepEqual(complexColour(1, 0), complexColour(1, Math.PI / 2));
  assert.ok(lightness(complexColour(0.5, 2)) < lightness(complexColour(1, 2)));
});

Deno.test("colourAt() holds the ends and shows values that are no number as the lowest", () => {
  assert.deepEqual(colourAt(greyMap(), -3), [0, 0, 0]);
  assert.deepEqual(colourAt(greyMap(), 7), [255, 255, 255]);
  assert.deepEqual(colourAt(greyMap(), NaN), [0, 0, 0]);
});
