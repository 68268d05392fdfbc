/** Raw frames of FLI cameras as the laboratory's program writes them: lines of text, then 16-bit numbers. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { checkBytes } from "./hdf5_bounds.ts";
import { readError } from "./hdf5_signature.ts";
import { viewAs } from "./hdf5_values.ts";

/** Entries of the header by name, and the line in which they are the third word. */
const ENTRIES = {
  rows: 2,
  cols: 3,
  exp_theoretical: 4,
  exp_measured: 5,
  exp_time: 6,
  timestamp: 7,
  int_timestamp: 9,
  monitor: 10,
  binning_y: 11,
  binning_x: 12,
  roi_y: 13,
  roi_x: 14,
} as const;

/** The longest header that is read. */
const MOST_HEADER_BYTES = 1 << 16;

/** A raw frame. */
export interface FliFrame {
  /** (y, x). */
  readonly image: NdArray;
  /** Entries of the header that are numbers. */
  readonly fields: ReadonlyMap<string, number>;
}

/** Reads a raw frame. @throws {DataError} saying what is wrong with it */
export function readFliRaw(path: string): FliFrame {
  try {
    checkBytes(Deno.statSync(path).size, { file: path, dataset: "/" });
    return parseFliRaw(Deno.readFileSync(path), path);
  } catch (error) {
    throw error instanceof DataError ? error : readError(path, error);
  }
}

/**
 * The frame in the bytes of a file; `name` is for messages. The image is the last rows * cols numbers. Lines are counted from 0, or
 * from 1 if only then the header says how large the image is.
 *
 * @throws {DataError} as `readFliRaw`
 */
export function parseFliRaw(bytes: Uint8Array, name: string): FliFrame {
  const { lines, start } = headerOf(bytes, name);
  const available = bytes.length - start;
  const readings = [lines, ["", ...lines]].map(fieldsOf);
  const sizeOf = (fields: ReadonlyMap<string, number>) => 2 * (fields.get("rows") ?? NaN) * (fields.get("cols") ?? NaN);
  const isSize = (n: number | undefined) => n !== undefined && Number.isInteger(n) && n > 0 && n < 2 ** 31;
  const sound = readings.filter((fields) => isSize(fields.get("rows")) && isSize(fields.get("cols")));
  const fields = sound.find((f) => sizeOf(f) === available) ?? sound.find((f) => sizeOf(f) <= available);
  if (fields === undefined) {
    const [rows, cols] = [sound[0]?.get("rows"), sound[0]?.get("cols")];
    throw new DataError(
      sound.length === 0
        ? `Cannot read "${name}": found no size in its header, expected rows and columns as third words of lines 2 and 3`
        : `Cannot read "${name}": found ${available} bytes behind the header, expected ${
          sizeOf(sound[0]!)
        } of ${rows} x ${cols} pixels; copy or make it again`,
      { file: name, found: available },
    );
  }
  const size = sizeOf(fields);
  const own = bytes.slice(bytes.length - size);
  const shape = [fields.get("rows")!, fields.get("cols")!];
  return { image: { dtype: "uint16", shape, data: viewAs(own.buffer, "uint16", size / 2) }, fields };
}

/** The lines up to the one with EOH, and where the numbers begin. */
function headerOf(bytes: Uint8Array, name: string): { lines: string[]; start: number } {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, MOST_HEADER_BYTES));
  const end = /^.*EOH.*\n/m.exec(text);
  if (end === null) {
    throw new DataError(`Cannot read "${name}": found no line with EOH, expected the header of a raw FLI frame`, {
      file: name,
    });
  }
  const start = end.index + end[0].length;
  return { lines: text.slice(0, start).split("\n"), start };
}

function fieldsOf(lines: readonly string[]): Map<string, number> {
  const fields = new Map<string, number>();
  for (const [name, line] of Object.entries(ENTRIES)) {
    const word = lines[line]?.trim().split(/\s+/)[2];
    if (word !== undefined && word !== "" && Number.isFinite(Number(word))) fields.set(name, Number(word));
  }
  return fields;
}
