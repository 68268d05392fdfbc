/** `exitwave inspect FILE`: what is in a file, and what a loader would take of it. */

import { basename } from "node:path";
import { Command } from "commander";
import { checkFigurePath, writeFigure } from "../core/figures/write_figure.ts";
import { type Candidates, findCandidates } from "../core/formats/candidates.ts";
import { type Hdf5File, openHdf5 } from "../core/formats/hdf5.ts";
import { hdf5Tree } from "../core/formats/hdf5_tree.ts";
import { type PtydSummary, type PtyrSummary, scanSummary, summarize } from "../core/formats/summary.ts";
import { DataError, isPtychoError } from "../core/errors.ts";
import { inspectCxi, inspectScans, type LoadedSummary } from "../functions/inspect_scan.ts";
import { createRandom } from "../core/random.ts";
import { type NdArray, sizeOf } from "../kernels/nd_array.ts";
import type { CliIo } from "./command.ts";
import { inspectOther, type OtherFile } from "./inspect_other.ts";
import { type FrameSummary, summaryLines } from "./inspect_summary.ts";
import { attributeText, jsonNode, treeLines } from "./inspect_tree.ts";
import { collect, openRun } from "./open_run.ts";
import { type ModuleFlags, withModuleOption, withUserModules } from "./user_modules.ts";
import { inBytes, valueText } from "./printed_values.ts";

interface InspectFlags extends ModuleFlags {
  readonly json?: true;
  readonly all?: true;
  readonly png?: string;
  readonly set?: readonly string[];
}

type Summary = PtydSummary | PtyrSummary | LoadedSummary | FrameSummary;

/** What a file turned out to be. */
interface Inspected {
  /** For people. */
  readonly what: string;
  readonly kind: string;
  readonly summaries: readonly Summary[];
  readonly notices: readonly string[];
  /** What is in it, line by line. */
  readonly tree?: { readonly lines: string[]; readonly json: unknown };
  /** Where nobody knows what the data sets are. */
  readonly candidates?: Candidates;
}

/** The command `inspect`; errors are thrown. */
export function inspectCommand(io: CliIo): Command {
  return withModuleOption(new Command("inspect"))
    .description(
      "Show what is in a file, and what a loader would take of it: frames, positions, geometry, mask, counts and the mean pattern. " +
        "Files: .ptyd, .ptyr, CXI and NXcxi_ptycho, any other HDF5 file, .npy, .npz, TIFF, EDF, raw FLI frames, SPEC logs; or a parameter file, for the data of its scans.",
    )
    .argument("<file>", "the file to look at")
    .option("--json", "print one JSON object instead of text")
    .option("--all", "show every child of large groups")
    .option("--png <path>", "also draw positions and mean pattern, as .png or .svg")
    .option("--set <path=value>", "override a parameter of a parameter file; may be repeated", collect)
    .action(async (path: string, flags: InspectFlags) => {
      if (flags.png !== undefined) checkFigurePath(flags.png);
      const seen = /\.(ya?ml|json)$/i.test(path)
        ? await inspectParameters(path, { io, flags })
        : inspectFile(path, flags);
      if (flags.png !== undefined) await drawScans(flags.png, { path, summaries: seen.summaries });
      if (flags.json) io.out(`${JSON.stringify(jsonOf(path, seen), jsonValue)}\n`);
      else io.out(`${textLines(path, seen).join("\n")}\n`);
    });
}

async function inspectParameters(
  path: string,
  { io, flags }: { readonly io: CliIo; readonly flags: InspectFlags },
): Promise<Inspected> {
  const notices: string[] = [];
  const opened = openRun(path, { io, overrides: flags.set ?? [] });
  const { run: { parsed }, services } = await withUserModules(opened, { io, flags });
  const warn = (message: string): void => void notices.push(message);
  const summaries = inspectScans(parsed, { ...services, warn, log: warn });
  return { what: "parameters", kind: "parameters", summaries, notices };
}

function inspectFile(path: string, flags: InspectFlags): Inspected {
  const other = inspectOther(path);
  return other === null ? inspectHdf5(path, flags) : inspectArrays(other);
}

function inspectHdf5(path: string, flags: InspectFlags): Inspected {
  const notices: string[] = [];
  const notice = (message: string): void => void notices.push(message);
  using file = openHdf5(path);
  const summary = summarize(path, { notice }) ?? inspectCxi(path, { ...NO_SERVICES, log: notice, warn: notice });
  const node = hdf5Tree(file);
  const tree = {
    lines: [`/${attributeText(node)}`, ...treeLines(file, node, { indent: "", all: flags.all ?? false })],
    json: jsonNode(file, node),
  };
  if (summary !== null) {
    const what = { ptyd: "PtyPy data", ptyr: "PtyPy reconstruction", scan: "CXI" }[summary.kind];
    return { what, kind: summary.kind === "scan" ? "cxi" : summary.kind, summaries: [summary], notices, tree };
  }
  const candidates = findCandidates(node);
  const look = lookAtCandidate(file, { candidates, notice });
  return { what: "HDF5", kind: "hdf5", summaries: look === null ? [] : [look], notices, tree, candidates };
}

const NO_SERVICES = { random: createRandom(0), path: (file: string) => file };

/** A look at what are probably the frames. */
function lookAtCandidate(
  file: Hdf5File,
  { candidates: { frames: [first] }, notice }: {
    readonly candidates: Candidates;
    readonly notice: (message: string) => void;
  },
): FrameSummary | null {
  if (first === undefined || first.shape.length !== 3) return null;
  const [numFrames, rows, cols] = first.shape as [number, number, number];
  const frames = (start: number, stop: number) => ({ data: file.readFrames(first.path, start, stop) });
  try {
    return bareFrames({ numFrames, shape: [rows, cols], frames });
  } catch (error) {
    if (!isPtychoError(error, "DataError")) throw error;
    notice(error.message);
    return null;
  }
}

function bareFrames(
  source: {
    numFrames: number;
    shape: readonly [number, number];
    frames(start: number, stop: number): { data: NdArray };
  },
): FrameSummary {
  const unknown = { energy: null, distance: null, psize: null };
  return { kind: "frames", ...scanSummary({ ...source, weight: null, positions: null }, unknown) };
}

/** Files of arrays and of what is not frames. */
function inspectArrays({ kind, what, arrays, content }: OtherFile): Inspected {
  const told = arrays.map((
    { what, array },
  ) => [what, array.shape.join(" x ") || "single value", array.dtype, ...shownValues(array)]);
  const texts = told.map((words) => words.filter((word) => word !== "").join(" "));
  return {
    what: arrays.length === 1 ? `${what}, ${texts[0]}` : what,
    kind,
    summaries: arrays.length === 1 ? framesIn(arrays[0]!.array) : [],
    notices: arrays.length === 1 ? [] : texts,
    ...content === undefined ? {} : { tree: content },
  };
}

function shownValues(array: NdArray): string[] {
  return sizeOf(array.shape) <= 8 ? [valueText(array)] : [];
}

function framesIn({ dtype, shape, data }: NdArray): FrameSummary[] {
  if (![2, 3].includes(shape.length) || sizeOf(shape) === 0 || dtype.startsWith("complex")) return [];
  const [rows, cols] = shape.slice(-2) as [number, number];
  const pixels = rows * cols;
  const frames = (start: number, stop: number) => ({
    data: { dtype, shape: [stop - start, rows, cols], data: data.subarray(start * pixels, stop * pixels) } as NdArray,
  });
  return [bareFrames({ numFrames: data.length / pixels, shape: [rows, cols], frames })];
}

async function drawScans(
  out: string,
  { path, summaries }: { readonly path: string; readonly summaries: readonly Summary[] },
): Promise<void> {
  const scans = summaries.flatMap((summary) => summary.kind === "ptyr" ? [] : [summary]);
  if (scans.length === 0) {
    throw new DataError(
      `Cannot draw "${path}": found no frames, expected some; draw reconstructions with exitwave plot`,
      {
        file: path,
      },
    );
  }
  const { scanFigure } = await import("../core/figures/scan_figure.ts");
  await writeFigure(out, scanFigure(basename(path), scans.map(({ pictures, psize }) => ({ ...pictures, psize }))));
}

function textLines(path: string, { what, summaries, notices, tree, candidates }: Inspected): string[] {
  const lines = [`${basename(path)}  ${what}, ${inBytes(Deno.statSync(path).size)}`, ""];
  if (candidates) lines.push(...candidateLines(candidates));
  for (const summary of summaries) lines.push(...summaryLines(summary).map((line) => `  ${line}`.trimEnd()), "");
  lines.push(...notices.map((message) => `  note: ${message}`), ...(notices.length > 0 ? [""] : []));
  return tree === undefined ? lines.slice(0, -1) : [...lines, ...tree.lines];
}

function candidateLines({ frames, positions }: Candidates): string[] {
  if (frames.length === 0) return [];
  const line = (what: string) => ({ path, shape, dtype }: Candidates["frames"][number]) =>
    `  ${what.padEnd(20)}${path}  ${shape.join(" x ")} ${dtype}`;
  const hint = "  to be named to a loader, such as Hdf5Loader: intensities.key, positions.slow_key, positions.fast_key";
  return [...frames.map(line("may be frames")), ...positions.map(line("may be positions")), hint, ""];
}

function jsonOf(path: string, { kind, summaries, notices, tree, candidates }: Inspected): unknown {
  const plain = summaries.map((summary) => "pictures" in summary ? { ...summary, pictures: undefined } : summary);
  return {
    file: path,
    bytes: Deno.statSync(path).size,
    kind,
    summary: plain[0] ?? null,
    ...(plain.length > 1 ? { summaries: plain } : {}),
    ...(candidates ? { candidates } : {}),
    notices,
    ...(tree ? { tree: tree.json } : {}),
  };
}

/** Typed arrays become lists, big integers text where a number would lose digits, not-a-number its name. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Uint8Array);
  return value;
}
