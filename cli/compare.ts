/** `exitwave compare`: how far apart two reconstructions are, or a reconstruction and the truth. */

import { Command, InvalidArgumentError } from "commander";
import { comparisonFigure } from "../core/figures/comparison_figure.ts";
import { lengthText, numberText } from "../core/figures/length_text.ts";
import { checkFigurePath, writeFigure } from "../core/figures/write_figure.ts";
import { type Comparand, type ComparedKind, type ComparedPair, compareFiles } from "../core/metrics/comparand.ts";
import type { Resolution } from "../core/metrics/compare.ts";
import type { PixelRectangle } from "../core/metrics/complex_plane.ts";
import type { CliIo } from "./command.ts";

interface CompareFlags {
  readonly probe?: true;
  readonly storage?: string;
  readonly region?: PixelRectangle;
  readonly psize?: number;
  readonly json?: true;
  readonly out?: string;
}

/** Declares the command. */
export function compareCommand(io: CliIo): Command {
  return new Command("compare")
    .description(
      "Compare two reconstructions, or one with the truth, after removing what ptychography cannot know: shift, linear phase " +
        "ramp and complex scale. A and B are .ptyr files, or arrays: x.npy, x.h5:/dataset, x.ptyr:/content/obj/ID/data.",
    )
    .argument("<A>", "the reference")
    .argument("<B>", "is moved onto A")
    .option("--probe", "compare the probes instead of the objects")
    .option("--storage <ID>", "which storage (default: the first of A and its namesake in B)")
    .option("--region <y0:y1,x0:x1>", "pixels of A to compare (default: the scanned area)", rectangle)
    .option("--psize <metres>", "pixel size, for arrays that do not know theirs", metres)
    .option("--json", "print all numbers, with the ring correlation, as JSON")
    .option("-o, --out <path>", "draw both and their difference into a .png or .svg file")
    .action(async (a: string, b: string, flags: CompareFlags) => {
      if (flags.out !== undefined) checkFigurePath(flags.out);
      const kind: ComparedKind = flags.probe ? "probe" : "object";
      const pair = compareFiles([a, b], {
        kind,
        ...(flags.storage === undefined ? {} : { storage: flags.storage }),
        ...(flags.region === undefined ? {} : { region: flags.region }),
        ...(flags.psize === undefined ? {} : { psize: [flags.psize, flags.psize] as const }),
      });
      if (flags.out !== undefined) {
        const { compared, psize } = pair;
        await writeFigure(flags.out, comparisonFigure({ compared, kind, nameA: a, nameB: b, psize }));
      }
      io.out(flags.json ? `${JSON.stringify(jsonOf(pair, flags), null, 2)}\n` : textOf(pair, kind));
      if (flags.out !== undefined && !flags.json) io.out(`\nfigure  ${flags.out}\n`);
    });
}

/** The numbers with what they mean, for people. */
function textOf(pair: ComparedPair, kind: ComparedKind): string {
  const { comparison: c, region } = pair.compared;
  const { shift, ramp, scale } = c.alignment;
  const { y0, x0, y1, x1 } = c.region.bounds;
  const mrad = ramp.map((v) => numberText(2000 * Math.PI * v));
  const length = (r: Resolution) => `${r.beyond ? "≤ " : ""}${lengthText(r.metres)}`;
  const where = (r: Resolution) =>
    r.beyond ? "never crossed: the pixel size is the limit" : `${numberText(r.pixels)} pixels, half a period`;
  const rows: [string, string, string][] = [
    ["NRMSE", numberText(c.nrmse), "sqrt(sum |A - B|^2 / sum |A|^2), 0 is equal"],
    ["phase rms", `${numberText(c.phaseRms)} rad`, "of the phase of A over B"],
    [
      "FRC, half-bit",
      length(c.resolution.halfBit),
      `${where(c.resolution.halfBit)}; A and B from halves of one data set`,
    ],
    ["FRC, 1-bit", length(c.resolution.oneBit), `${where(c.resolution.oneBit)}; A and B from data sets of their own`],
    [
      "shift (y, x)",
      `${shift.map(numberText).join(", ")} px`,
      `removed from B; ${c.shiftMetres.map(lengthText).join(", ")}`,
    ],
    ["ramp (y, x)", `${mrad.join(", ")} mrad/px`, "removed from B"],
    [
      "scale",
      numberText(Math.hypot(...scale)),
      `removed from B, with a phase of ${numberText(Math.atan2(scale[1], scale[0]))} rad`,
    ],
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(([name, value, note]) => `${name.padEnd(widths[0]!)}  ${value.padEnd(widths[1]!)}  ${note}`);
  return [
    `A  ${sideText(pair.a, kind)}`,
    `B  ${sideText(pair.b, kind)}`,
    "",
    ...lines,
    "",
    `over ${c.region.pixels} of ${region.rows * region.cols} pixels of ${lengthText(pair.psize[1])}: ` +
    `rows ${y0} to ${y1 - 1}, columns ${x0} to ${x1 - 1} of ${pair.grid}`,
    "",
  ].join("\n");
}

function sideText(side: Comparand, kind: ComparedKind): string {
  const shape = side.data.shape.join(" x ");
  return `${side.name}  ${side.ID === null ? "array" : `${kind} ${side.ID}`}, ${shape}`;
}

/** All numbers for programs: lengths in metres, shifts in pixels, ramp in radians per pixel. */
function jsonOf(pair: ComparedPair, flags: CompareFlags): Record<string, unknown> {
  const { comparison: c } = pair.compared;
  const { shift, ramp, scale } = c.alignment;
  const side = ({ name, ID, data }: Comparand) => ({ name, ID, shape: data.shape });
  return {
    kind: flags.probe ? "probe" : "object",
    a: side(pair.a),
    b: side(pair.b),
    psize: pair.psize,
    nrmse: c.nrmse,
    phaseRms: c.phaseRms,
    shift,
    shiftMetres: c.shiftMetres,
    ramp: ramp.map((v) => 2 * Math.PI * v),
    scale: { amplitude: Math.hypot(...scale), phase: Math.atan2(scale[1], scale[0]) },
    resolution: c.resolution,
    region: { ...c.region, grid: pair.grid },
    frc: { ...c.frc, rectangle: c.frcRectangle },
    ...(flags.out === undefined ? {} : { figure: flags.out }),
  };
}

function rectangle(text: string): PixelRectangle {
  const found = /^(\d+):(\d+),(\d+):(\d+)$/.exec(text);
  if (!found) {
    throw new InvalidArgumentError("Expected y0:y1,x0:x1 in whole pixels, the ends exclusive, such as 64:192,64:192.");
  }
  const [y0, y1, x0, x1] = found.slice(1).map(Number) as [number, number, number, number];
  return { y0, x0, y1, x1 };
}

function metres(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError("Expected a length in metres, such as 25e-9.");
  }
  return value;
}
