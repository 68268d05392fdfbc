/** Which names a misspelt one is taken for. */

import assert from "node:assert/strict";
import { nearestNames } from "./nearest_names.ts";

Deno.test("nearestNames() puts the nearest first and leaves out what has little in common", () => {
  const names = ["data", "date", "mask", "energy", "data_2"];
  assert.deepEqual(nearestNames("data_1", names), ["data", "data_2", "date"]);
  assert.deepEqual(nearestNames("Masc", names), ["mask"]);
  assert.deepEqual(nearestNames("x", names), []);
  assert.deepEqual(nearestNames("data", names, 1), ["data"]);
});

Deno.test("nearestNames() takes two letters that changed places for one mistake", () => {
  assert.deepEqual(nearestNames("rwo", ["row", "raster"]), ["row"]);
  assert.deepEqual(nearestNames("wro", ["row"]), []);
});
