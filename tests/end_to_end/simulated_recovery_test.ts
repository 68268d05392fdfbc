/**
 * Simulations are recovered: far field, near field, and modes, by `exitwave simulate`, `run` and `compare`, in a size that takes
 * two seconds each. `bench/recovery.ts` does the same in full.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { exitwave, inFolder, overrides } from "./command_line.ts";
import { spiralCase } from "./recovery_cases.ts";
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
  "the near-field example is recovered to an NRMSE below 0.02, with fewer frames and iterations",
  inFolder(async (folder) => {
    const call = async (...args: readonly string[]) => {
      const { code, out, err } = await exitwave(args);
      assert.equal(code, 0, err);
      return out;
    };
    const home = `io.home=${folder}`;
    const fewer = ["scans.flower.data.xy.extent=4e-6", "scans.flower.data.plot=false", home];
    await call("simulate", join(EXAMPLES, "near_field_simulation.yaml"), ...overrides(...fewer));
    const faster = ["engines.engine00.numiter=80", "engines.engine01.numiter=20", home];
    await call("run", join(EXAMPLES, "near_field.yaml"), "--threads", "1", ...overrides(...faster));
    const files = ["near_field.ptyr", "near_field_truth.ptyr"].map((name) => join(folder, name));
    const { nrmse } = JSON.parse(await call("compare", ...files, "--region", "34:128,34:128", "--json"));
    assert.ok(nrmse < 0.02, String(nrmse));
  }),
);
