/** Runs of visits: their order is that of the pass, and no run has more frames than places. */

import { assertEquals } from "@std/assert/equals.js";
import { cutRuns } from "./sequential_runs.ts";

const frames = (item: number) => ({ frame: item, mode: null });
const nobody = () => null;

function itemsOf(order: readonly number[], options: Partial<Parameters<typeof cutRuns>[1]>): number[][] {
  const all = { places: 2, passes: () => true, placeOf: frames, seated: nobody, ...options };
  return [...cutRuns(Int32Array.from(order), all)].map(({ items }) => Array.from(items));
}

Deno.test("a run goes on as long as its frames find places, and frames that stay need none", () => {
  assertEquals(itemsOf([5, 6, 5, 7, 8, 9], {}), [[5, 6, 5], [7, 8], [9]]);
  assertEquals(itemsOf([5, 0, 6, 1, 7, 0], { passes: (item) => item > 2 }), [[5, 0, 6, 1], [7, 0]]);
  assertEquals(itemsOf([0, 1, 0], { passes: () => false }), [[0, 1, 0]]);
  assertEquals(itemsOf([], {}), []);
});

Deno.test("pods of a frame share its place and are brought once each", () => {
  const placeOf = (item: number) => ({ frame: item >> 1, mode: item % 2 });
  const [run, ...others] = cutRuns(Int32Array.of(7, 4, 7, 6), {
    places: 2,
    passes: () => true,
    placeOf,
    seated: nobody,
  });
  assertEquals(others, []);
  assertEquals(run!.seating, [
    { place: 0, frame: 3, count: 1, mode: 1 },
    { place: 1, frame: 2, count: 1, mode: 0 },
    { place: 0, frame: 3, count: 1, mode: 0 },
  ]);
  assertEquals([run!.placeAt(3), run!.placeAt(2), run!.placeAt(9)], [0, 1, 0]);
});

Deno.test("frames keep the places that they have; others take the first that are left", () => {
  const seated = (frame: number) => frame === 8 ? 0 : null;
  const [run] = cutRuns(Int32Array.of(9, 8, 7), { places: 3, passes: () => true, placeOf: frames, seated });
  assertEquals(run!.seating.map(({ place, frame }) => [place, frame]), [[1, 9], [0, 8], [2, 7]]);
});
