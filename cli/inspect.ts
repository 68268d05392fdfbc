/** `exitwave inspect FILE`: what is in a .ptyd, .ptyr or any other HDF5 file. */

import { basename } from "node:path";
import { Command } from "commander";
import { type Hdf5File, openHdf5 } from "../core/formats/hdf5.ts";
import { type Hdf5Node, hdf5Tree } from "../core/formats/hdf5_tree.ts";
import { type PtydSummary, type PtyrSummary, type Range, summarize } from "../core/formats/summary.ts";
import { isPtychoError } from "../core/errors.ts";
import { sizeOf } from "../kernels/nd_array.ts";
import type { CliIo } from "./command.ts";

/** Values of so few elements are shown. */
const SHOWN_ELEMENTS = 4;
/** Of a group with more children than this, only the first and the last are shown. */
const SHOWN_CHILDREN = 24;
const KEPT_CHILDREN = 3;

/** The command `inspect`; errors are thrown. */
export function inspectCommand(io: CliIo): Command {
  return new Command("inspect")
    .description(
      "Show what is in a .ptyd, .ptyr or any other HDF5 file: a summary, then the tree with shapes and types.",
    )
    .argument("<file>", "the file to look at")
    .option("--json", "print one JSON object instead of text")
    .option("--all", "show every child of large groups")
    .action((path: string, options: { json?: boolean; all?: boolean }) => {
      const notices: string[] = [];
      const notice = (message: string): void => void notices.push(message);
      using file = openHdf5(path);
      const summary = summarize(path, { notice });
      const tree = hdf5Tree(file);
      const bytes = Deno.statSync(path).size;
      if (options.json) {
        const content = {
          file: path,
          bytes,
          kind: summary?.kind ?? "hdf5",
          summary,
          notices,
          tree: jsonNode(file, tree),
        };
        io.out(`${JSON.stringify(content, jsonValue)}\n`);
        return;
      }
      const name = { ptyd: "PtyPy data", ptyr: "PtyPy reconstruction", hdf5: "HDF5" }[summary?.kind ?? "hdf5"];
      const lines = [`${basename(path)}  ${name}, ${inBytes(bytes)}`, ""];
      if (summary) lines.push(...summaryLines(summary).map((line) => `  ${line}`), "");
      lines.push(...notices.map((message) => `  note: ${message}`), ...(notices.length > 0 ? [""] : []));
      lines.push(`/${attributeText(tree)}`, ...treeLines(file, tree, { indent: "", all: options.all ?? false }));
      io.out(`${lines.join("\n")}\n`);
    });
}

function summaryLines(summary: PtydSummary | PtyrSummary): string[] {
  return summary.kind === "ptyd" ? ptydLines(summary) : ptyrLines(summary);
}

function ptydLines(s: PtydSummary): string[] {
  const some = s.framesLookedAt < s.frames ? ` (in the first ${s.framesLookedAt} frames)` : "";
  const masks = { frames: "one mask per frame", common: "one mask for all frames", none: "no mask" }[s.weights];
  const psize = s.psize === null
    ? "unknown"
    : s.psize[0] === s.psize[1]
    ? metres(s.psize[0])
    : s.psize.map(metres).join(" x ");
  return [
    `frames     ${s.frames} of ${s.shape.join(" x ")}, ${s.dtype}${s.label === null ? "" : `, label ${s.label}`}`,
    `geometry   ${s.energy ?? "unknown"} keV, distance ${
      s.distance === null ? "unknown" : metres(s.distance)
    }, pixel ${psize}`,
    `positions  y ${span(s.positions.y)}, x ${span(s.positions.x)}${
      s.rocking === null ? "" : `, z ${span(s.rocking.z)}`
    }`,
    ...s.rocking === null ? [] : [rockingLine(s.rocking)],
    `mask       ${(100 * s.validFraction).toFixed(s.validFraction < 1 ? 2 : 0)} % valid, ${masks}${some}`,
    `counts     ${rounded(s.counts.min)} to ${rounded(s.counts.max)} per pixel, ` +
    `mean ${rounded(s.counts.meanPerFrame)} per frame${some}`,
  ];
}

function rockingLine({ angles, theta_bragg }: NonNullable<PtydSummary["rocking"]>): string {
  const bragg = theta_bragg === null ? "an unknown Bragg angle" : `the Bragg angle ${rounded(theta_bragg)}`;
  return `rocking    ${rounded(angles.min)} to ${rounded(angles.max)} degrees about ${bragg}`;
}

function ptyrLines(s: PtyrSummary): string[] {
  const ran = s.engines.map((engine) => `${engine.name} ${engine.iterations}`).join(", then ");
  const lines = [`run        ${s.run || "without a name"} (${s.fileKind})`, `engines    ${ran || "none yet"}`];
  if (s.last) {
    const [fourier, photon, exit] = s.last.error.map(rounded);
    lines.push(`errors     Fourier ${fourier}, photon ${photon}, exit ${exit} after iteration ${s.last.iterations}`);
  }
  for (const kind of ["obj", "probe"] as const) {
    for (const storage of s[kind]) {
      const { ID, shape, dtype, psize, energy } = storage;
      const at = energy === null ? "" : `, ${energy} keV`;
      lines.push(`${kind.padEnd(10)} ${ID}  ${shape.join(" x ")} ${dtype}, pixel ${metres(psize[0])}${at}`);
    }
  }
  return lines;
}

function treeLines(file: Hdf5File, node: Hdf5Node, how: { indent: string; all: boolean }): string[] {
  const hidden = how.all || node.children.length <= SHOWN_CHILDREN ? 0 : node.children.length - 2 * KEPT_CHILDREN;
  const shown = hidden === 0 ? node.children : [
    ...node.children.slice(0, KEPT_CHILDREN),
    ...node.children.slice(-KEPT_CHILDREN),
  ];
  const width = Math.min(24, Math.max(0, ...shown.map((child) => child.name.length)));
  return shown.flatMap((child, i) => {
    const isLast = i === shown.length - 1;
    const line = `${how.indent}${isLast ? "└─" : "├─"} ${printable(child.name).padEnd(width)}  ${describe(file, child)}`
      .trimEnd();
    const below = treeLines(file, child, { ...how, indent: `${how.indent}${isLast ? "   " : "│  "}` });
    const gap = hidden > 0 && i === KEPT_CHILDREN - 1 ? [`${how.indent}⋮  ${hidden} more (--all shows them)`] : [];
    return [line, ...below, ...gap];
  });
}

function describe(file: Hdf5File, node: Hdf5Node): string {
  const target = node.link === undefined
    ? ""
    : node.link.kind === "soft"
    ? `-> ${node.link.target}`
    : `-> ${node.link.file} : ${node.link.target}`;
  switch (node.kind) {
    case "broken":
      return `${target}  (leads nowhere)`;
    case "unreadable":
      return `${target}  unreadable: ${node.note ?? "unknown object"}`.trim();
    case "seen":
      return `same as ${node.note}`;
    case "datatype":
      return `${target}  named type`.trim();
    case "group":
      return `${target}  ${node.children.length === 0 && !node.link ? "empty group" : ""}${attributeText(node)}`.trim();
    case "dataset":
      return `${target}  ${datasetText(file, node)}${attributeText(node)}`.trim();
  }
}

function datasetText(file: Hdf5File, node: Hdf5Node): string {
  if (!node.info) return "data set";
  const { shape, type, filters, sources } = node.info;
  const from = sources.length > 0 ? `  from ${sources.join(", ")}` : "";
  if (shape === null) return `${type.name}  nothing`;
  if (node.attributes.type === "None") return "None";
  const value = smallValue(file, node);
  const size = shape.length === 0 ? "" : `  ${shape.join(" x ")}`;
  const stored = filters.length === 0 ? "" : `  ${filters.join("+")}`;
  return `${type.name}${size}${stored}${from}${value === undefined ? "" : `  = ${valueText(value)}`}`;
}

/** The value if it is small; undefined if it is not, or cannot be read. */
function smallValue(file: Hdf5File, node: Hdf5Node): unknown {
  const shape = node.info?.shape;
  if (!shape || sizeOf(shape) > SHOWN_ELEMENTS || sizeOf(shape) === 0) return undefined;
  try {
    if (node.info?.type.kind === "compound") return file.readRecord(node.path) ?? undefined;
    return file.read(node.path);
  } catch (error) {
    if (!isPtychoError(error, "DataError")) throw error;
    return undefined; // The tree says the type; a value that cannot be read is simply not shown.
  }
}

function attributeText(node: Hdf5Node): string {
  const { type, ...others } = node.attributes;
  const rest = Object.entries(others).map(([name, value]) => `${printable(name)}=${valueText(value)}`);
  // What the values show by themselves is not said again.
  const isPlain = node.kind === "dataset" && ["scalar", "string", "array", "None"].includes(String(type));
  const kind = type === undefined || isPlain ? [] : [printable(String(type))];
  const unread = node.unreadAttributes.map((name) => `${printable(name)} (not readable)`);
  const shown = [...rest, ...unread];
  const all = [...kind, ...shown.slice(0, 6), ...(shown.length > 6 ? [`${shown.length - 6} more`] : [])];
  return all.length === 0 ? "" : `  [${all.join(", ")}]`;
}

function valueText(value: unknown): string {
  if (typeof value === "string") return `"${shortened(printable(value))}"`;
  if (typeof value === "number") return rounded(value);
  if (value === null) return "nothing";
  if (typeof value !== "object") return String(value);
  if ("strings" in value) {
    return shortened(`[${(value.strings as string[]).map((s) => `"${printable(s)}"`).join(", ")}]`);
  }
  if ("data" in value && "shape" in value) {
    const data = value.data as ArrayLike<number | bigint>;
    const numbers = Array.from({ length: Math.min(data.length, 8) }, (_, i) => data[i]!);
    const text = numbers.map((n) => typeof n === "bigint" ? String(n) : rounded(n)).join(", ");
    return `[${text}${data.length > numbers.length ? ", …" : ""}]`;
  }
  if ("re" in value && "im" in value) return `${rounded(value.re as number)} + ${rounded(value.im as number)}i`;
  return shortened(`{${Object.entries(value).map(([key, entry]) => `${key}: ${valueText(entry)}`).join(", ")}}`);
}

function jsonNode(file: Hdf5File, node: Hdf5Node): unknown {
  const { info, children, attributes, ...rest } = node;
  const value = node.kind === "dataset" ? smallValue(file, node) : undefined;
  return {
    ...rest,
    ...(info ? { shape: info.shape, dtype: info.type.name, chunks: info.chunks, filters: info.filters } : {}),
    ...(value === undefined ? {} : { value }),
    attributes,
    ...(node.kind === "group" ? { children: children.map((child) => jsonNode(file, child)) } : {}),
  };
}

/** Typed arrays become lists, big integers text where a number would lose digits, not-a-number its name. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Uint8Array);
  return value;
}

function span(range: Range): string {
  return `${metres(range.min)} to ${metres(range.max)}`;
}

/** A length with the unit that suits it. */
function metres(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0 m";
  for (const [factor, unit] of [[1, "m"], [1e-3, "mm"], [1e-6, "um"], [1e-9, "nm"]] as const) {
    if (size >= factor) return `${rounded(value / factor)} ${unit}`;
  }
  return `${rounded(value / 1e-12)} pm`;
}

function rounded(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : String(Number(value.toPrecision(5)));
}

function inBytes(bytes: number): string {
  for (const [factor, unit] of [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]] as const) {
    if (bytes >= factor) return `${(bytes / factor).toFixed(1)} ${unit}`;
  }
  return `${bytes} bytes`;
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Text from a file must not steer the terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "�");
}
