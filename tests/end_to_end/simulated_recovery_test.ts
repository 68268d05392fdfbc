/**
 * Simulations are recovered: far field, near field, and modes, by `exitwave simulate`, `run` and `compare`, in a size that takes
 * two seconds each. `bench/recovery.ts` does the same in full.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { exitwave, inFolder, overrides } from "./command_line.ts";
import { nearFieldCase, spiralCase } from "./recovery_cases.ts";
import { recover } from "./simulated_recovery.ts";

const EXAMPLES = join(import.meta.dirname!, "../examples");

const SMALL = { shape: 40, steps: 8, dm: 60, ml: 40 };

Deno.test(
  "a spiral scan of 1e9 photons a frame is recovered to an NRMSE below 0.02, and above the half-bit line to the last pixel",
  inFolder(async (folder) => {
    const { comparison, files } = await recover(folder, spiralCase(SMALL, { photons: 1e9, detector: {} }));
    assert.ok(comparison.nrmse < 0.02, String(comparison.nrmse));
    assert.ok(comparison.resolution.halfBit.beyond, JSON.stringify(comparison.resolution));
    const compared = await exitwave(["compare", files.result, files.truth, "--json"]);
    assert.equal(JSON.parse(compared.out).nrmse, comparison.nrmse);
  }),
);

Deno.test(
  "the powers of three modes are recovered within 10 %",
  inFolder(async (folder) => {
    const effort = { ...SMALL, steps: 9, dm: 160 };
    const modes = { photons: 1e9, detector: null, modes: 3, power: [0.5, 0.3] };
    const { powers: { found, truth } } = await recover(folder, spiralCase(effort, modes));
    assert.ok(truth[2]! > 0.1, truth.join());
    for (const [i, power] of truth.entries()) assert.ok(Math.abs(found[i]! / power - 1) < 0.1, `${found} of ${truth}`);
  }),
);

Deno.test(
  "a near-field scan without noise is recovered to an NRMSE below 0.02",
  inFolder(async (folder) => {
    const effort = { ...SMALL, shape: 64, steps: 4 };
    const { comparison } = await recover(folder, nearFieldCase(effort, { photons: 1e9, detector: null }));
    assert.ok(comparison.nrmse < 0.02, String(comparison.nrmse));
  }),
);

Deno.test(
  "the near-field example is simulated, and ready to be reconstructed from what that wrote",
  inFolder(async (folder) => {
    const here = overrides(`io.home=${folder}`);
    const few = overrides("scans.flower.data.num_frames=2", "scans.flower.data.plot=false");
    const simulated = await exitwave(["simulate", join(EXAMPLES, "near_field_simulation.yaml"), ...here, ...few]);
    assert.equal(simulated.code, 0, simulated.err);
    const dry = await exitwave(["run", join(EXAMPLES, "near_field.yaml"), "--dry-run", "--json", ...here]);
    assert.equal(dry.code, 0, dry.err);
    const [{ shape, resolution }] = JSON.parse(dry.out).scans;
    assert.deepEqual([shape, resolution], [[128, 128], [1e-7, 1e-7]]);
  }),
);
