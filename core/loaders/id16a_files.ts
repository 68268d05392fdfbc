/** Frames, motors and counters in the files of beamline ID16A: HDF5 as Lima writes it, or EDF. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { mnemonics, readEdf, readEdfHeader } from "../formats/edf.ts";
import { type Hdf5File, openHdf5 } from "../formats/hdf5.ts";
import { readFrameOf } from "./frame_reader.ts";
import { badParameter } from "./instrument_files.ts";

/** How the files of a scan are read. */
export interface Id16aFormat {
  readonly ending: "h5" | "edf";
  /** The frame (y, x) of a file. */
  readonly frame: (path: string) => NdArray;
  /** Positions of motors when it was taken, by name. */
  readonly motors: (path: string) => ReadonlyMap<string, number>;
  /** Counters, by name. */
  readonly counters: (path: string) => ReadonlyMap<string, number>;
}

/** The reader of a kind of files. @throws {ParameterError} if HDF5 is to be read and no detector is named */
export function id16aFormat(ending: "h5" | "edf", detector: string | null): Id16aFormat {
  if (ending === "edf") {
    const table = (path: string, kind: string) => {
      const { fields } = readEdfHeader(path);
      return mnemonics({ names: fields.get(`${kind}_mne`), values: fields.get(`${kind}_pos`) }, { kind, file: path });
    };
    return {
      ending,
      frame: readEdf,
      motors: (path) => table(path, "motor"),
      counters: (path) => table(path, "counter"),
    };
  }
  if (detector === null) {
    throw badParameter(
      "recipe.detector",
      "found None, expected the detector's group in entry_0000/measurement of the files",
    );
  }
  const group = `entry_0000/measurement/${detector}`;
  const table = (path: string, kind: string) => {
    using file = openHdf5(path);
    const text = (name: string) => readText(file, `${group}/parameters`, name);
    return mnemonics({ names: text(`${kind}_mne`), values: text(`${kind}_pos`) }, { kind, file: path });
  };
  return {
    ending,
    frame: (path) => readFrameOf(path, `${group}/data`),
    motors: (path) => table(path, "motor"),
    counters: (path) => table(path, "counter"),
  };
}

/** A text, whose name Lima ends with a blank, and which PtyPy 0.9 expects as Python shows bytes: b'...'. */
function readText(file: Hdf5File, group: string, name: string): string {
  const dataset = file.has(`${group}/${name} `) ? `${group}/${name} ` : `${group}/${name}`;
  const value = file.read(dataset);
  const text = typeof value === "object" && value !== null && "strings" in value ? value.strings[0] : value;
  if (typeof text === "string") return /^b'(.*)'$/s.exec(text)?.[1] ?? text;
  const message = `Cannot read "${dataset}" in "${file.path}": found no text, expected names or values apart by blanks`;
  throw new DataError(message, { file: file.path, dataset });
}
