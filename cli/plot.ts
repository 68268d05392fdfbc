/** `exitwave plot`: a picture of a reconstruction. */

import { Command, InvalidArgumentError } from "commander";
import { figureOfPtyr } from "../core/figures/figure_of_ptyr.ts";
import { reconstructionFigure } from "../core/figures/reconstruction_figure.ts";
import { checkFigurePath, FIGURE_WIDTH, writeFigure } from "../core/figures/write_figure.ts";
import { readPtyr } from "../core/formats/ptyr.ts";
import type { CliIo } from "./command.ts";

/** Declares the command. */
export function plotCommand(io: CliIo): Command {
  return new Command("plot")
    .description("Draw a reconstruction: object amplitude and phase, probe modes, error curves.")
    .argument("<file>", "a .ptyr file, of exitwave or PtyPy")
    .option("-o, --out <path>", "where to write the picture, .png or .svg (default: beside the file, as .png)")
    .option("--width <pixels>", "width of a .png in pixels", pixelCount, FIGURE_WIDTH)
    .option("--storage <ID>", "only the object and probe of this ID")
    .action(async (file: string, options: { out?: string; width: number; storage?: string }) => {
      const out = options.out ?? `${file.replace(/\.ptyr$/i, "")}.png`;
      checkFigurePath(out);
      const ptyr = readPtyr(file, { notice: (message) => io.err(`${message}\n`) });
      const figure = figureOfPtyr(ptyr, options.storage === undefined ? {} : { storage: options.storage });
      await writeFigure(out, reconstructionFigure(figure), { width: options.width });
      io.out(`${out}\n`);
    });
}

function pixelCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 100 || value > 20000) {
    throw new InvalidArgumentError("Expected a whole number of pixels from 100 to 20000.");
  }
  return value;
}
