/**
 * What CXI files have in common, and writing frames as CXI or NXcxi_ptycho. Everything is in SI units, as CXI asks for, and says so
 * in an attribute, as NeXus does.
 *
 * @see Maia, Nature Methods 9 (2012) 854, 10.1038/nmeth.2110
 * @see NeXus, contributed definition NXcxi_ptycho
 */

import type { NdArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import type { Hdf5Writer } from "./hdf5_writer.ts";
import { writeHdf5 } from "./hdf5_writer.ts";
import type { Ptyd } from "./ptyd.ts";
import { ELECTRONVOLT } from "./units.ts";

/** The two forms: CXI alone, or with the classes and names of NeXus. */
export type CxiForm = "cxi" | "nxcxi";

/** Version of CXI that NXcxi_ptycho is compatible with, times 100. */
const CXI_VERSION = 160;

/** Bytes of frames that are copied at a time. */
const COPY_BYTES = 2 ** 24;

const GZIP_LEVEL = 4;

/** NeXus classes of groups, by the last part of their paths without its number. */
const CLASSES: Readonly<Record<string, string>> = {
  entry: "NXentry",
  instrument: "NXinstrument",
  source: "NXsource",
  beam: "NXbeam",
  detector: "NXdetector",
  sample: "NXsample",
  geometry: "NXcollection",
  data: "NXdata",
  image: "NXdata",
  process: "NXprocess",
};

/** Begins a file: its version, the entry with its definition. */
export function beginCxi(writer: Hdf5Writer, form: CxiForm, title: string): void {
  writer.array("/cxi_version", { dtype: "int32", shape: [], data: Int32Array.of(CXI_VERSION) });
  addGroups(writer, ["/entry_1"]);
  writer.text("/entry_1/title", title);
  if (form === "nxcxi") writer.text("/entry_1/definition", "NXcxi_ptycho");
}

/** Makes groups, parents first, each with its NeXus class. */
export function addGroups(writer: Hdf5Writer, paths: readonly string[]): void {
  for (const path of paths) {
    writer.group(path);
    const name = path.slice(path.lastIndexOf("/") + 1).replace(/_\d+$/, "");
    const nexus = CLASSES[name];
    if (nexus !== undefined) writer.attribute(path, "NX_class", nexus);
  }
}

/** Writes one number with its unit. */
export function addNumber(writer: Hdf5Writer, path: string, { value, unit }: { value: number; unit: string }): void {
  writer.array(path, { dtype: "float64", shape: [], data: Float64Array.of(value) });
  writer.attribute(path, "units", unit);
}

/** Writes the photon energy, given in keV, where each form has it: at the source, and for NeXus at the beam. Makes the groups. */
export function addEnergy(writer: Hdf5Writer, form: CxiForm, kev: number): void {
  const energy = { value: kev * 1e3 * ELECTRONVOLT, unit: "J" };
  const instrument = "/entry_1/instrument_1";
  if (form === "cxi") {
    addGroups(writer, [`${instrument}/source_1`]);
    addNumber(writer, `${instrument}/source_1/energy`, energy);
  } else {
    addGroups(writer, [`${instrument}/source_1`, `${instrument}/beam_1`]);
    writer.text(`${instrument}/source_1/probe`, "x-ray");
    addNumber(writer, `${instrument}/beam_1/energy`, energy);
    addNumber(writer, `${instrument}/beam_1/incident_beam_energy`, energy);
  }
}

/** Writes positions (frame, 2), row then column, as translations (x, y, z). Makes the groups. */
export function addTranslations(writer: Hdf5Writer, positions: Float64Array): void {
  const frames = positions.length / 2;
  const data = new Float64Array(3 * frames);
  for (let i = 0; i < frames; i++) {
    data[3 * i] = positions[2 * i + 1]!;
    data[3 * i + 1] = positions[2 * i]!;
  }
  addGroups(writer, ["/entry_1/sample_1", "/entry_1/sample_1/geometry_1"]);
  const path = "/entry_1/sample_1/geometry_1/translation";
  writer.array(path, { dtype: "float64", shape: [frames, 3], data });
  writer.attribute(path, "units", "m");
}

/**
 * Writes the frames of a `.ptyd` file with their masks, positions and geometry; the file appears whole or not at all.
 *
 * @throws {DataError} if the geometry lacks what CXI requires, or the file cannot be written
 */
export function writeCxiFrames(path: string, scan: Ptyd, { form }: { readonly form: CxiForm }): void {
  const { energy, distance, psize } = requireGeometry(path, scan);
  if (scan.columns !== 2) {
    const text =
      `Cannot write "${path}": found rocking curves in "${scan.path}", expected positions of two axes; keep the .ptyd`;
    throw new DataError(text, { file: scan.path, found: scan.columns, expected: 2 });
  }
  writeHdf5(path, (writer) => {
    beginCxi(writer, form, scan.meta.label ?? "ptychography");
    const detector = "/entry_1/instrument_1/detector_1";
    addGroups(writer, ["/entry_1/instrument_1", detector, "/entry_1/data_1"]);
    addEnergy(writer, form, energy);
    addNumber(writer, `${detector}/distance`, { value: distance, unit: "m" });
    addNumber(writer, `${detector}/y_pixel_size`, { value: psize[0], unit: "m" });
    addNumber(writer, `${detector}/x_pixel_size`, { value: psize[1], unit: "m" });
    if (scan.meta.center !== null) {
      addNumber(writer, `${detector}/beam_center_y`, { value: scan.meta.center[0], unit: "pixel" });
      addNumber(writer, `${detector}/beam_center_x`, { value: scan.meta.center[1], unit: "pixel" });
    }
    copyFrames(writer, scan, detector);
    addTranslations(writer, scan.positions);
    writer.softLink("/entry_1/data_1/data", `${detector}/data`);
    writer.softLink("/entry_1/data_1/translation", "/entry_1/sample_1/geometry_1/translation");
    writer.attribute("/entry_1/data_1", "signal", "data");
  });
}

function requireGeometry(
  path: string,
  { meta: { energy, distance, psize }, path: source }: Ptyd,
): { energy: number; distance: number; psize: readonly [number, number] } {
  if (energy !== null && distance !== null && psize !== null) return { energy, distance, psize };
  const missing = Object.entries({ energy, distance, psize }).filter(([, value]) => value === null).map(([name]) =>
    name
  );
  const text = `Cannot write "${path}": found no ${missing.join(", no ")} in "${source}", expected a geometry; ` +
    `prepare the file again with scans.*.data.${missing.join(", ")}`;
  throw new DataError(text, { file: source, found: null, expected: missing });
}

function copyFrames(writer: Hdf5Writer, scan: Ptyd, detector: string): void {
  const { numFrames, shape, weightKind } = scan;
  const all = [numFrames, ...shape];
  const options = { gzip: GZIP_LEVEL, chunks: [1, ...shape] };
  const first = scan.frames(0, 1).data.dtype;
  writer.createFrames(`${detector}/data`, { dtype: first, shape: all, ...options });
  if (weightKind === "frames") writer.createFrames(`${detector}/mask`, { dtype: "uint32", shape: all, ...options });
  if (scan.weight !== null) writer.array(`${detector}/mask`, maskOf(scan.weight, shape));
  const step = Math.max(1, Math.floor(COPY_BYTES / (8 * shape[0] * shape[1])));
  for (let start = 0; start < numFrames; start += step) {
    const { data, weights } = scan.frames(start, Math.min(numFrames, start + step));
    if (data.dtype !== first) throw mixedTypes(scan, [first, data.dtype]);
    writer.writeFrames(`${detector}/data`, start, data);
    if (weights) writer.writeFrames(`${detector}/mask`, start, maskOf(weights, data.shape));
  }
}

/** CXI's mask: 0 for valid, bit 0 for invalid. */
function maskOf({ data }: NdArray, shape: readonly number[]): NdArray<Uint32Array> {
  return { dtype: "uint32", shape, data: Uint32Array.from(data as ArrayLike<number>, (w) => Number(w) > 0 ? 0 : 1) };
}

function mixedTypes({ path }: Ptyd, types: readonly string[]): DataError {
  const text = `Cannot export "${path}": found chunks of ${types.join(" and ")}, expected one element type; ` +
    "prepare it again with save: merge";
  return new DataError(text, { file: path, found: types, expected: 1 });
}
