/** The list of loaders and the names under which they are found. */

import assert from "node:assert/strict";
import { SCANDATA_PARAMS } from "../parameters/scandata/mod.ts";
import { findLoader, LOADERS } from "./mod.ts";

Deno.test("findLoader() finds every loader whose parameters are declared, and nothing else", () => {
  const declared = SCANDATA_PARAMS.map(({ shape }) => shape.name.value);
  assert.deepEqual(LOADERS.map((loader) => loader.name).sort(), declared.sort());
  for (const loader of LOADERS) assert.equal(findLoader(loader.name), loader);
  assert.equal(findLoader("NoScan"), undefined);
});
