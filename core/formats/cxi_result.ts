/**
 * Reconstructions in CXI files: every storage of object and probe is an image in the entry, with what a `.ptyr` file needs to be made
 * of it again beside what other programs read.
 */

import type { NdArray, RealArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { addEnergy, addGroups, addNumber, addTranslations, beginCxi, type CxiForm } from "./cxi_writer.ts";
import { type Hdf5File, openHdf5 } from "./hdf5.ts";
import { requireDataset } from "./hdf5_names.ts";
import { toNumbers } from "./hdf5_values.ts";
import { type Hdf5Writer, writeHdf5 } from "./hdf5_writer.ts";
import { parsePlain, plainText } from "./plain_text.ts";
import type { Ptyr, PtyrStorage } from "./ptyr.ts";
import { VERSION } from "../version.ts";

/** Where parameters and history stand. */
const PROCESS = "/entry_1/process_1";

/** What an image shows. */
type ImageKind = "object" | "probe";

/** Writes a reconstruction; the file appears whole or not at all. @throws {DataError} if it cannot be written */
export function writeCxiResult(path: string, content: Ptyr, { form, now }: { form: CxiForm; now: Date }): void {
  const objects = Object.values(content.obj);
  const probes = Object.values(content.probe);
  writeHdf5(path, (writer) => {
    beginCxi(writer, form, content.runtime.run);
    addGroups(writer, ["/entry_1/instrument_1"]);
    const energy = objects.find((storage) => storage.energy !== null)?.energy ?? null;
    if (energy !== null) addEnergy(writer, form, energy);
    const [first] = objects;
    const scanned = first === undefined ? undefined : content.positions[first.ID];
    if (scanned) addTranslations(writer, scanned.data);
    const images = [
      ...objects.map((storage) => ({ storage, kind: "object" as const })),
      ...probes.map((storage) => ({ storage, kind: "probe" as const })),
    ];
    for (const [i, { storage, kind }] of images.entries()) {
      const positions = kind === "object" ? content.positions[storage.ID] : undefined;
      addImage(writer, `/entry_1/image_${i + 1}`, { storage, kind, positions });
    }
    if (energy !== null && probes.length > 0) {
      // Where programs look for the beam that the sample was lit with.
      const target = `/entry_1/image_${objects.length + 1}/data`;
      writer.softLink("/entry_1/instrument_1/source_1/illumination", target);
    }
    addProcess(writer, content, now);
  });
}

/** Reads what `writeCxiResult` wrote. @throws {DataError} naming what is missing */
export function readCxiResult(path: string): Ptyr {
  using file = openHdf5(path);
  const history = parsePlain(textAt(file, `${PROCESS}/history`)) as unknown as Pick<
    Ptyr,
    "kind" | "description" | "runtime"
  >;
  const pars = parsePlain(textAt(file, `${PROCESS}/parameters`)) as Ptyr["pars"];
  const found: Record<ImageKind, Record<string, PtyrStorage>> = { object: {}, probe: {} };
  const positions: Record<string, NdArray<Float64Array>> = {};
  for (const name of file.keys("/entry_1").filter((key) => /^image_\d+$/.test(key)).sort(byNumber)) {
    const image = `/entry_1/${name}`;
    const storage = storageAt(file, image);
    found[textAt(file, `${image}/kind`) as ImageKind][storage.ID] = storage;
    if (file.has(`${image}/positions`)) {
      positions[storage.ID] = file.readArray(`${image}/positions`) as NdArray<Float64Array>;
    }
  }
  return { ...history, kind: "minimal", probe: found.probe, obj: found.object, positions, pars };
}

function addImage(
  writer: Hdf5Writer,
  image: string,
  { storage, kind, positions }: {
    readonly storage: PtyrStorage;
    readonly kind: ImageKind;
    readonly positions: NdArray<Float64Array> | undefined;
  },
): void {
  const { ID, data, psize, energy, ...rest } = storage;
  addGroups(writer, [image]);
  writer.attribute(image, "signal", "data");
  writer.text(`${image}/title`, `${kind} ${ID}`);
  writer.text(`${image}/kind`, kind);
  writer.text(`${image}/data_space`, "real");
  writer.text(`${image}/data_type`, kind === "object" ? "transmission function" : "illumination");
  writer.array(`${image}/is_fft_shifted`, { dtype: "int32", shape: [], data: Int32Array.of(0) });
  writer.array(`${image}/data`, data, { gzip: 4 });
  const [rows, cols] = data.shape.slice(-2) as [number, number];
  addNumber(writer, `${image}/y_pixel_size`, { value: psize[0], unit: "m" });
  addNumber(writer, `${image}/x_pixel_size`, { value: psize[1], unit: "m" });
  const size = Float64Array.of(cols * psize[1], rows * psize[0], 0);
  writer.array(`${image}/image_size`, { dtype: "float64", shape: [3], data: size });
  writer.attribute(`${image}/image_size`, "units", "m");
  if (positions) {
    writer.array(`${image}/positions`, positions);
    writer.attribute(`${image}/positions`, "units", "m");
  }
  writer.text(`${image}/storage`, plainText({ ID, energy, ...rest }));
}

function addProcess(writer: Hdf5Writer, { pars, runtime, kind, description }: Ptyr, now: Date): void {
  addGroups(writer, [PROCESS]);
  writer.text(`${PROCESS}/program`, "exitwave");
  writer.text(`${PROCESS}/version`, VERSION);
  writer.text(`${PROCESS}/date`, now.toISOString());
  writer.text(`${PROCESS}/parameters`, plainText(pars));
  writer.text(`${PROCESS}/history`, plainText({ kind, description, runtime: runtime as never }));
}

function storageAt(file: Hdf5File, image: string): PtyrStorage {
  const rest = parsePlain(textAt(file, `${image}/storage`)) as unknown as Omit<PtyrStorage, "data" | "psize">;
  const side = (name: string): number => {
    const paths = [`${image}/${name}`];
    const path = requireDataset(file, { what: "the pixel size", paths, remedy: "export the result again" });
    return toNumbers(file.readArray(path))[0]!;
  };
  const path = requireDataset(file, { what: "the image", paths: [`${image}/data`], remedy: "export the result again" });
  const data = file.readArray(path);
  if (data.shape.length !== 3 || !data.dtype.startsWith("complex")) {
    const text = `Cannot read "${path}" in "${file.path}": found ${data.dtype} of shape (${data.shape.join(", ")}), ` +
      "expected complex numbers (layer, y, x)";
    throw new DataError(text, { file: file.path, dataset: path, found: data.shape });
  }
  return { ...rest, data: data as NdArray<RealArray>, psize: [side("y_pixel_size"), side("x_pixel_size")] };
}

function textAt(file: Hdf5File, path: string): string {
  const remedy = "only results that exitwave export wrote can be read back";
  requireDataset(file, { what: "the reconstruction", paths: [path], remedy });
  const value = file.read(path);
  if (typeof value === "string") return value;
  const text = `Cannot read "${path}" in "${file.path}": found other content, expected text; ${remedy}`;
  throw new DataError(text, { file: file.path, dataset: path });
}

function byNumber(a: string, b: string): number {
  return Number(a.slice(6)) - Number(b.slice(6));
}
