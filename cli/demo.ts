/** `exitwave demo`: simulate, reconstruct, draw and compare with the truth, in under a minute and without any data. */

import { Command } from "commander";
import { join } from "node:path";
import { lengthText } from "../core/figures/length_text.ts";
import { figureOfPtyr } from "../core/figures/figure_of_ptyr.ts";
import { reconstructionFigure } from "../core/figures/reconstruction_figure.ts";
import { writeFigure } from "../core/figures/write_figure.ts";
import { writeBytesWhole } from "../core/formats/atomic_file.ts";
import { readPtyr } from "../core/formats/ptyr.ts";
import { compareFiles } from "../core/metrics/comparand.ts";
import { simulateScans } from "../functions/simulate.ts";
import type { CliIo } from "./command.ts";
import { type DeviceFlags, withDeviceOptions } from "./device.ts";
import { openRun } from "./open_run.ts";
import { INTERRUPTED, runOpened } from "./run.ts";

/** The parameter files of the demonstration: written to its folder, so that a reader can change them and run them again. */
const SIMULATION = `# Simulates a scan: exitwave simulate simulate.yaml -o moon_flower.ptyd
seed: 1
scans:
  MF:
    name: Full
    data:
      name: MoonFlowerScan   # our moon as the beam, our flower as the sample
      num_frames: 112
      shape: 128             # pixels of a frame
      density: 0.2           # step between positions, as a part of the beam's width
      photons: 1e8
      add_poisson_noise: true
io: { autosave: false, autoplot: false, interaction: false }
`;

const RECONSTRUCTION = `# Reconstructs it: exitwave run reconstruct.yaml
run: moon_flower
io: { autosave: false, autoplot: false, interaction: false }
scans:
  MF:
    name: Full
    data:
      name: PtydScan
      dfile: moon_flower.ptyd
    illumination:
      diversity: null
      aperture: { form: circ, size: 5.0e-6 }   # a plain disc to start from, in metres
engines:
  engine00:
    name: DM
    numiter: 80
    numiter_contiguous: 5
    probe_support: 1.0
    fourier_relax_factor: 0.01   # keep close to the measured counts: they have little noise
  engine01:
    name: ML
    numiter: 40
    numiter_contiguous: 5
    probe_support: 1.0
    scale_precond: true
`;

/** Declares the command. */
export function demoCommand(io: CliIo, exit: { code: number }): Command {
  const command = new Command("demo")
    .description(
      "Simulate a scan, reconstruct it with DM and ML, draw it and compare it with the truth; needs no data.",
    )
    .option("-o, --out <folder>", "where to put everything", "exitwave_demo");
  return withDeviceOptions(command)
    .action(async ({ out, ...flags }: { out: string } & DeviceFlags) => {
      const home = `io.home=${JSON.stringify(out)}`;
      writeBytesWhole(join(out, "simulate.yaml"), SIMULATION);
      writeBytesWhole(join(out, "reconstruct.yaml"), RECONSTRUCTION);
      const simulation = openRun(join(out, "simulate.yaml"), { io, overrides: [home] });
      const fileOf = () => "moon_flower.ptyd";
      const [files] = await simulateScans(simulation.run.parsed, { ...simulation.services, fileOf, now: new Date() });
      io.err(`simulated ${files!.frames} frames of ${files!.shape.join(" x ")} pixels\n`);
      const result = await runOpened(io, openRun(join(out, "reconstruct.yaml"), { io, overrides: [home] }), {
        isQuiet: false,
        // A demonstration shows the same each time.
        isFresh: true,
        flags,
      });
      if (result.stopped) exit.code = INTERRUPTED;
      const ptyr = result.files.at(-1);
      if (ptyr === undefined) return;
      const figure = join(out, "moon_flower.png");
      await writeFigure(figure, reconstructionFigure(figureOfPtyr(readPtyr(ptyr))));
      io.out(summary({ ptyr, truth: files!.truth!, figure }));
    });
}

function summary({ ptyr, truth, figure }: { ptyr: string; truth: string; figure: string }): string {
  const { comparison } = compareFiles([truth, ptyr], { kind: "object" }).compared;
  const { nrmse, phaseRms, resolution: { halfBit } } = comparison;
  const limit = halfBit.beyond ? "the pixel size, nowhere below the half-bit line" : "at the half-bit line";
  return [
    `result      ${ptyr}`,
    `truth       ${truth}`,
    `figure      ${figure}`,
    `to truth    NRMSE ${nrmse.toPrecision(3)}, phase rms ${phaseRms.toPrecision(3)} rad, ` +
    `resolution ${lengthText(halfBit.metres)} (${limit})`,
    "",
  ].join("\n");
}
