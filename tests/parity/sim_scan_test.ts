/**
 * Simulated frames against the simulated measurements of PtyPy's oracles: their counts are Poisson draws whose means SimScan gives
 * from the true probe and object that lie beside them. Propagation itself is held to 1e-10 in init_propagators_test.ts.
 */

import assert from "node:assert/strict";
import { simScanParams } from "../../core/parameters/scandata/sim_scan.ts";
import { silentServices } from "../../core/preparation/testing.ts";
import { createRandom } from "../../core/random.ts";
import { simulateScan } from "../../core/simulation/simulated_scan.ts";
import { hasShared, readAttribute, readNumbers, sharedPath } from "./init_oracle.ts";

for (const propagation of ["farfield", "nearfield"]) {
  for (const modes of [1, 2]) {
    const file = `reference/oracles/oracle_${propagation}_v0.4.0.h5`;
    const ignore = !hasShared(file);
    Deno.test({
      name: `${propagation}, ${modes} modes: counts of the oracle are Poisson draws of SimScan's means (${
        ignore ? "skipped: no ../shared" : "oracle"
      })`,
      ignore,
      fn: () => {
        const means = meansOf(file, { propagation, modes });
        const counts = readNumbers(file, `inputs/intensities_${modes}mode`).data;
        assert.equal(means.length, counts.length);
        let [chi2, pixels, variance] = [0, 0, 0];
        for (const [i, mean] of means.entries()) {
          if (mean < 0.05) continue;
          chi2 += (counts[i]! - mean) ** 2 / mean;
          variance += 2 + 1 / mean;
          pixels++;
        }
        // (n - m)^2 / m of a Poisson count has mean 1 and variance 2 + 1 / m; four standard deviations of the sum are allowed.
        assert.ok(pixels > 1e4, String(pixels));
        assert.ok(Math.abs(chi2 - pixels) < 4 * Math.sqrt(variance), `${chi2 / pixels} over ${pixels}`);
      },
    });
  }
}

function meansOf(file: string, { propagation, modes }: { propagation: string; modes: number }): number[] {
  const [energy] = readAttribute(file, "inputs", "energy_keV");
  const [distance] = readAttribute(file, "inputs", "distance_m");
  const [psize] = readAttribute(file, "inputs", "psize_m");
  const probe = readNumbers(file, "inputs/true_probe").data.subarray(0, 2 * modes * 64 * 64);
  const reference = (name: string) => `${sharedPath(file)}:/inputs/${name}`;
  const p = simScanParams.parse({
    name: "SimScan",
    propagation,
    energy,
    distance,
    psize,
    shape: 64,
    detector: null,
    coherence: { num_probe_modes: modes },
    xy: { override: reference("positions_m") },
    illumination: {
      model: reference("true_probe"),
      photons: probe.reduce((sum, v) => sum + v * v, 0),
      aperture: { form: null },
      diversity: null,
    },
    sample: { model: reference("true_object"), process: null, diversity: null },
  });
  const { scan } = simulateScan(p, silentServices({ random: createRandom(1) }));
  return Array.from(scan.frames(0, scan.numFrames).data.data, Number);
}
