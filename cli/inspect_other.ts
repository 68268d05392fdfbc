/** What `exitwave inspect` says of files that are not HDF5: pictures, archives of arrays, raw frames, logs of SPEC. */

import { readEdf } from "../core/formats/edf.ts";
import { existsAsFile, readError } from "../core/formats/hdf5_signature.ts";
import { isNpy, readNpy } from "../core/formats/npy.ts";
import { isZip, listNpz, parseNpz } from "../core/formats/npz_reader.ts";
import { readFliRaw } from "../core/formats/fli_raw.ts";
import { isSpec, readSpec, type SpecScan } from "../core/formats/spec.ts";
import { isTiff, readTiff } from "../core/formats/tiff.ts";
import type { NdArray } from "../kernels/nd_array.ts";
import { printable, rounded } from "./printed_values.ts";

/** What a file turned out to be. */
export interface OtherFile {
  readonly kind: "npy" | "npz" | "edf" | "tiff" | "fli" | "spec";
  /** For people. */
  readonly what: string;
  /** Arrays in it, by what is said of each. */
  readonly arrays: readonly { readonly what: string; readonly array: NdArray }[];
  /** What else is in it, line by line and as JSON. */
  readonly content?: { readonly lines: string[]; readonly json: unknown };
}

/** Bytes by which files are told apart. */
const HEAD_BYTES = 256;

/**
 * Looks into a file by what its first bytes say; null for others, which may be HDF5, and for what is no file.
 *
 * @throws {DataError} if it cannot be read, or is not what it begins as
 */
export function inspectOther(path: string): OtherFile | null {
  if (!existsAsFile(path)) return null;
  const head = headOf(path);
  if (isNpy(path)) return { kind: "npy", what: "NumPy array", arrays: [{ what: "", array: readNpy(path) }] };
  if (isTiff(head)) return { kind: "tiff", what: "TIFF picture", arrays: [{ what: "", array: readTiff(path) }] };
  if (isZip(head)) return inspectArchive(path);
  if (head[0] === 0x7b) return inspectEdf(path);
  if (/\.raw$/i.test(path)) return inspectRaw(path);
  return isSpec(head) ? inspectSpec(path) : null;
}

function headOf(path: string): Uint8Array {
  try {
    using file = Deno.openSync(path, { read: true });
    const head = new Uint8Array(HEAD_BYTES);
    return head.subarray(0, file.readSync(head) ?? 0);
  } catch (error) {
    throw readError(path, error);
  }
}

function inspectArchive(path: string): OtherFile {
  const bytes = Deno.readFileSync(path);
  const arrays = listNpz(bytes, path).map(({ name }) => ({
    what: name,
    array: parseNpz(bytes, { file: path, name }),
  }));
  return { kind: "npz", what: `NumPy archive of ${arrays.length} arrays`, arrays };
}

function inspectEdf(path: string): OtherFile {
  const { header, ...array } = readEdf(path);
  return { kind: "edf", what: "EDF image", arrays: [{ what: "", array }], content: fieldsOf(header.fields) };
}

function inspectRaw(path: string): OtherFile {
  const { image, fields } = readFliRaw(path);
  return { kind: "fli", what: "raw FLI frame", arrays: [{ what: "", array: image }], content: fieldsOf(fields) };
}

function fieldsOf(fields: ReadonlyMap<string, string | number>): { lines: string[]; json: unknown } {
  const lines = [...fields].map(([name, value]) => printable(`  ${name} = ${value}`));
  return { lines, json: Object.fromEntries(fields) };
}

function inspectSpec(path: string): OtherFile {
  const { title, scans } = readSpec(path);
  const what = `SPEC log${title === "" ? "" : ` ${printable(title)}`} of ${scans.length} scans`;
  return { kind: "spec", what, arrays: [], content: { lines: scans.map(scanLine), json: scans.map(scanJson) } };
}

function scanLine({ number, command, date, labels, rows, isAborted, spectra }: SpecScan): string {
  const points = `${rows.length} points of ${labels.length} columns`;
  const ranges = labels.slice(0, 2).map((label, i) => `${label} ${rangeOf(rows.map((row) => row[i]!))}`);
  const more = [...spectra > 0 ? [`${spectra} spectra`] : [], ...date === "" ? [] : [date]];
  const parts = [points, ...rows.length > 0 ? ranges : [], ...more];
  return printable(`  ${number}  ${command}  (${parts.join(", ")}${isAborted ? ", aborted" : ""})`);
}

function rangeOf(values: readonly number[]): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return "without numbers";
  const [least, most] = finite.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity] as const);
  return least === most ? rounded(least) : `${rounded(least)} to ${rounded(most)}`;
}

function scanJson({ rows, motors, ...scan }: SpecScan): unknown {
  return { ...scan, points: rows.length, motors: Object.fromEntries(motors) };
}
