/** The commands compare and plot, on what PtyPy made of real and synthetic data. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { isPtychoError } from "../core/errors.ts";
import { compareCommand } from "./compare.ts";
import type { CliIo } from "./command.ts";
import { plotCommand } from "./plot.ts";

const DATA = join(import.meta.dirname!, "../../shared/data");
const STAR = join(DATA, "siemens_star");
const SYNTH = join(DATA, "ptypy_files");
const ignore = !existsSync(STAR);
const skipped = ignore ? " (skipped: no ../shared/data)" : "";

async function exitwave(...args: string[]): Promise<{ out: string; err: string }> {
  const said = { out: "", err: "" };
  const io: CliIo = {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    isTerminal: false,
    signal: new AbortController().signal,
  };
  const program = new Command("exitwave").addCommand(compareCommand(io)).addCommand(plotCommand(io));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: io.out, writeErr: io.err });
  }
  await program.parseAsync(args, { from: "user" });
  return said;
}

interface Numbers {
  nrmse: number;
  phaseRms: number;
  shift: [number, number];
  ramp: [number, number];
  resolution: { halfBit: { pixels: number; metres: number } };
  region: { pixels: number; grid: string };
}

async function numbers(...args: string[]): Promise<Numbers> {
  return JSON.parse((await exitwave("compare", ...args, "--json")).out);
}

Deno.test({
  name:
    `compare of the Siemens star by PtyPy 0.4 and 0.9: little difference, the known shift of the anchoring${skipped}`,
  ignore,
  async fn() {
    const c = await numbers(join(STAR, "siemens_DMML_04_ML_0120.ptyr"), join(STAR, "siemens_DMML_09_ML_0120.ptyr"));
    assert.ok(c.nrmse < 0.08, `nrmse ${c.nrmse}`);
    assert.ok(c.phaseRms < 0.06, `phase ${c.phaseRms}`);
    // 0.4 centres its object at pixel (228, 228), 0.9 at (228.42036438, 228.73396301); the specimen moves along.
    assert.ok(Math.abs(c.shift[0] + 0.42) < 0.1 && Math.abs(c.shift[1] + 0.734) < 0.1, `shift ${c.shift}`);
    assert.ok(c.resolution.halfBit.pixels < 1.5, `half-bit ${c.resolution.halfBit.pixels}`);
    assert.ok(c.region.pixels > 100_000);
  },
});

Deno.test({
  name: `compare of the Siemens star after DM and after ML: a larger difference at a coarser resolution${skipped}`,
  ignore,
  async fn() {
    const c = await numbers(join(STAR, "siemens_DMML_04_DM_0060.ptyr"), join(STAR, "siemens_DMML_04_ML_0120.ptyr"));
    assert.ok(c.nrmse > 0.06 && c.nrmse < 0.12, `nrmse ${c.nrmse}`);
    assert.ok(c.resolution.halfBit.pixels > 1.5 && c.resolution.halfBit.pixels < 3);
    assert.ok(Math.hypot(...c.shift) < 0.2);
  },
});

Deno.test({
  name: `compare draws a figure and explains its numbers; plot writes a picture beside the file${skipped}`,
  ignore,
  async fn() {
    const folder = Deno.makeTempDirSync();
    try {
      const a = join(SYNTH, "synth64_nonoise_ML_0070_09.ptyr"), b = join(SYNTH, "synth64_nonoise_v04_ML_0070_04.ptyr");
      const { out } = await exitwave("compare", a, b, "--out", join(folder, "c.svg"));
      assert.match(out, /NRMSE +0\.0\d+ +sqrt\(sum/);
      assert.match(out, /of B\n/, "only PtyPy 0.4 wrote positions");
      assert.ok(Deno.readTextFileSync(join(folder, "c.svg")).includes("Fourier ring correlation"));
      Deno.copyFileSync(a, join(folder, "a.ptyr"));
      const plot = await exitwave("plot", join(folder, "a.ptyr"), "--width", "400");
      assert.equal(plot.out, `${join(folder, "a.png")}\n`);
      assert.deepEqual([...Deno.readFileSync(join(folder, "a.png")).subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
      assert.deepEqual([...Deno.readDirSync(folder)].map((f) => f.name).sort(), ["a.png", "a.ptyr", "c.svg"]);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: `compare --probe finds two PtyPy versions close where there is light${skipped}`,
  ignore,
  async fn() {
    const c = await numbers(
      join(STAR, "siemens_DMML_04_ML_0120.ptyr"),
      join(STAR, "siemens_DMML_09_ML_0120.ptyr"),
      "--probe",
    );
    assert.ok(c.nrmse < 0.1 && c.region.pixels < 128 * 128 * 0.6);
  },
});

Deno.test("compare and plot refuse a missing file and an unknown ending before any work", async () => {
  await assert.rejects(
    () => exitwave("compare", "/nowhere/a.ptyr", "/nowhere/b.ptyr"),
    (e) => isPtychoError(e, "DataError") && /\/nowhere\/a.ptyr/.test(e.message),
  );
  await assert.rejects(
    () => exitwave("plot", "/nowhere/a.ptyr", "-o", "x.jpg"),
    (e) => isPtychoError(e, "DataError") && /x\.jpg/.test(e.message),
  );
});

for (const bad of [["--region", "1:2:3"], ["--psize", "-4"], ["--unknown"]]) {
  Deno.test(`compare refuses ${bad.join(" ")}`, async () => {
    await assert.rejects(() => exitwave("compare", "a.ptyr", "b.ptyr", ...bad), /option/);
  });
}
