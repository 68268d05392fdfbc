/**
 * What reconstructions of simulated scans recover of their truth: `deno run -A bench/recovery.ts [CASE ...]`, all cases if none is
 * named, DM 200 and ML 200 each. One line a case: NRMSE, root mean square of the phase, where the ring correlation falls below the
 * half-bit line, and the powers of the modes.
 */

import { nearFieldCase, spiralCase } from "../tests/end_to_end/recovery_cases.ts";
import { recover, type RecoveryCase } from "../tests/end_to_end/simulated_recovery.ts";
import { print } from "./timing.ts";

const FULL = { shape: 64, steps: 12, dm: 200, ml: 200 };

const CASES: Readonly<Record<string, RecoveryCase>> = {
  "spiral, no noise": spiralCase(FULL, { photons: 1e9, detector: null }),
  "spiral, 1e9 photons": spiralCase(FULL, { photons: 1e9, detector: {} }),
  "spiral, 1e6 photons": spiralCase(FULL, { photons: 1e6, detector: {} }),
  "spiral, 3 modes": spiralCase(FULL, { photons: 1e9, detector: null, modes: 3, power: [0.4, 0.15] }),
  "spiral, 3 modes, 1e9 photons": spiralCase(FULL, { photons: 1e9, detector: {}, modes: 3, power: [0.4, 0.15] }),
  "near field, no noise": nearFieldCase({ ...FULL, shape: 128, steps: 6 }, { photons: 1e9, detector: null }),
  "near field, 1e9 photons": nearFieldCase({ ...FULL, shape: 128, steps: 6 }, { photons: 1e9, detector: {} }),
};

const asked = Deno.args.length > 0 ? Deno.args : Object.keys(CASES);
for (const name of asked) {
  const folder = Deno.makeTempDirSync({ prefix: "recovery_" });
  try {
    const begun = performance.now();
    const { frames, comparison, powers } = await recover(folder, CASES[name]!);
    const { nrmse, phaseRms, resolution: { halfBit } } = comparison;
    const parts = (values: readonly number[]) => values.map((v) => v.toFixed(4)).join(" ");
    print([
      name.padEnd(30),
      `${frames} frames`,
      `NRMSE ${nrmse.toExponential(2)}`,
      `phase ${phaseRms.toExponential(2)} rad`,
      `half-bit ${halfBit.beyond ? "never" : `at ${halfBit.frequency.toFixed(3)} / px`}`,
      `powers ${parts(powers.found)} of ${parts(powers.truth)}`,
      `${((performance.now() - begun) / 1000).toFixed(1)} s`,
    ].join("  "));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
