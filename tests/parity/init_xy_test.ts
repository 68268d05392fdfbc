/** Scan patterns against PtyPy 0.4.0. */

import assert from "node:assert/strict";
import { createPositions, type ScanPatternOptions } from "../../core/scan_patterns/scan_pattern.ts";
import { assertRelative, hasShared, INIT_ORACLE, readJson, readNumbers } from "./init_oracle.ts";

const CASES = [
  "raster",
  "raster_aniso",
  "raster_nospacing",
  "raster_nosteps",
  "round",
  "round_noextent",
  "round_offset_count",
  "spiral",
  "spiral_count",
];
const ignore = !hasShared(INIT_ORACLE);

for (const name of CASES) {
  Deno.test({
    name: `xy ${name} has PtyPy's positions to 1e-10 (${ignore ? "skipped: no ../shared" : "oracle"})`,
    ignore,
    fn: () => {
      const positions = createPositions(readJson(INIT_ORACLE, `xy/${name}`) as unknown as ScanPatternOptions);
      const oracle = readNumbers(INIT_ORACLE, `xy/${name}`);
      assert.equal(positions?.length, 2 * oracle.shape[0]!);
      assertRelative(positions!, oracle.data, 1e-10);
    },
  });
}
