/** Scan patterns and initial probes against a few recorded values of PtyPy 0.4.0, wherever the tests run. */

import assert from "node:assert/strict";
import { type IlluminationOptions, initialProbe } from "../../core/illumination.ts";
import { illuminationParams } from "../../core/parameters/illumination.ts";
import { createRandom } from "../../core/random.ts";
import { createPositions, type ScanPatternOptions } from "../../core/scan_patterns/scan_pattern.ts";
import recorded from "./fixtures/init.json" with { type: "json" };

interface Case {
  readonly params: Record<string, unknown>;
  readonly shape: readonly number[];
  /** Which numbers of the flat array `values` are. */
  readonly at: readonly number[];
  readonly values: readonly number[];
  readonly energy?: number;
  readonly psize?: number;
  readonly seed?: number;
  readonly largest?: number;
}

for (const [path, expected] of Object.entries(recorded as unknown as Record<string, Case>)) {
  const isProbe = path.startsWith("illumination");
  // PtyPy propagates the initial probe in single precision.
  const tolerance = "propagation" in expected.params ? 1e-6 : 1e-10;
  Deno.test(`${path} has PtyPy's recorded values to ${tolerance}`, () => {
    const found = isProbe ? probeOf(expected) : createPositions(expected.params as unknown as ScanPatternOptions)!;
    assert.equal(found.length, expected.shape.reduce((a, b) => a * b) * (isProbe ? 2 : 1));
    const scale = expected.largest ?? Math.max(...expected.values.map(Math.abs));
    for (const [i, at] of expected.at.entries()) {
      assert.ok(Math.abs(found[at]! - expected.values[i]!) <= tolerance * scale, `number ${at}: ${found[at]}`);
    }
  });
}

function probeOf({ params, shape, energy, psize, seed }: Case): Float64Array {
  const p = illuminationParams.parse(params);
  return initialProbe(p as IlluminationOptions, {
    layers: shape[0]!,
    shape: [shape[1]!, shape[2]!],
    psize: [psize!, psize!],
    energy: energy!,
    model: null,
    random: createRandom(seed!),
    where: "illumination",
  });
}
