/** Places of frames and the groups in which a pass visits them. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { groupsOf, placesOf } from "./device_places.ts";

const places = (frames: number, resident: number, window: number) => placesOf(frames, { resident, window });
const PLANS = [[9, 0, 1], [9, 0, 4], [9, 2, 3], [9, 5, 3], [9, 7, 1], [10, 1, 2]] as const;

Deno.test("placesOf() gives resident frames places of their own and lets guests take turns at the others", () => {
  const { resident, count, of } = places(7, 2, 3);
  assertEquals([resident, count], [2, 5]);
  assertEquals(Array.from({ length: 7 }, (_, frame) => of(frame)), [0, 1, 2, 3, 4, 2, 3]);
});

Deno.test("placesOf() lets all frames stay where there is a place for each", () => {
  assertEquals([places(4, 4, 0), places(4, 2, 3)].map(({ resident, count }) => [resident, count]), [[4, 4], [4, 4]]);
});

Deno.test("groupsOf() sweeps over residents and first guests, then window after window", () => {
  assertEquals([...groupsOf(places(7, 2, 3), { perFrame: 1 })], [
    { start: 0, end: 5, guests: [2, 3, 4] },
    { start: 5, end: 7, guests: [5, 6] },
  ]);
  assertEquals([...groupsOf(places(3, 1, 1), { perFrame: 2 })], [
    { start: 0, end: 4, guests: [1] },
    { start: 4, end: 6, guests: [2] },
  ]);
  assertEquals([...groupsOf(places(4, 4, 0), { perFrame: 1 })], [{ start: 0, end: 4, guests: [] }]);
});

Deno.test("groupsOf() cuts an order of pods where two frames want one place", () => {
  // Frames 0, 3, 2, 3, 1, 4, 0: frame 0 stays, 1 and 3 have the second place, 2 and 4 the third.
  const order = Int32Array.of(0, 6, 5, 7, 2, 8, 1);
  assertEquals([...groupsOf(places(5, 1, 2), { perFrame: 2, order })], [
    { start: 0, end: 4, guests: [3, 2] },
    { start: 4, end: 7, guests: [1, 4] },
  ]);
  assertEquals([...groupsOf(places(5, 5, 0), { perFrame: 2, order })], [{ start: 0, end: 7, guests: [] }]);
});

for (const [frames, resident, window] of PLANS) {
  for (const perFrame of [1, 3]) {
    Deno.test(`groups of ${frames} frames, ${resident} + ${window} places, ${perFrame} pods each: all once, a place each`, () => {
      const plan = places(frames, resident, window);
      const order = Int32Array.from({ length: frames * perFrame }, (_, i) => (7 * i) % (frames * perFrame));
      for (const given of [undefined, order]) {
        let next = 0;
        for (const { start, end, guests } of groupsOf(plan, { perFrame, order: given })) {
          assert(start === next && end > start, `group from ${start} to ${end} after ${next}`);
          next = end;
          const items = Array.from({ length: end - start }, (_, i) => given?.[start + i] ?? start + i);
          const visited = new Set(items.map((item) => Math.floor(item / perFrame)));
          assertEquals(new Set(guests), new Set([...visited].filter((frame) => frame >= resident)));
          assertEquals(new Set([...visited].map(plan.of)).size, visited.size);
        }
        assertEquals(next, frames * perFrame);
      }
    });
  }
}
