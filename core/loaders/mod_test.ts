/** The list of loaders and the names under which they are found. */

import assert from "node:assert/strict";
import { findLoader, LOADERS } from "./mod.ts";

Deno.test("findLoader() finds every loader under PtyPy's name, and nothing else", () => {
  assert.deepEqual(LOADERS.map((loader) => loader.name), [
    "Hdf5Loader",
    "MoonFlowerScan",
    "PtydScan",
    "QuickScan",
    "CxiScan",
    "NXcxiPtychoScan",
    "Savu",
    "AMOScan",
    "ALS5321Scan",
    "NanomaxStepscanNov2016",
    "NanomaxStepscanMay2017",
    "NanomaxFlyscanJune2017",
    "SimScan",
  ]);
  for (const loader of LOADERS) assert.equal(findLoader(loader.name), loader);
  assert.equal(findLoader("NoScan"), undefined);
});
