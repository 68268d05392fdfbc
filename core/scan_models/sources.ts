/** Where the content of an initial probe or object comes from: arrays in the parameters, earlier results. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { DataError, ParameterError } from "../errors.ts";
import { isArrayFile } from "../parameters/model_texts.ts";
import type { NestedNumbers } from "../parameters/values.ts";
import type { ModelServices } from "./scan_model.ts";

/** PtyPy's default for `recon.rfile`. */
const PLACEHOLDER = "\\*.ptyr";

/**
 * The array that a parameter `model` stands for, given as nested lists or as the name of a file.
 *
 * where  path of the parameter, such as `scans.MF.sample.model`
 *
 * @throws {ParameterError} for a text that names no file
 */
export function arrayOf(
  value: string | NestedNumbers,
  { where, loadArray }: { readonly where: string } & Pick<ModelServices, "loadArray">,
): NdArray {
  if (typeof value !== "string") return nestedArray(value);
  if (isArrayFile(value)) return loadArray(value);
  const message = `found "${value}", expected an array, also as x.npy, x.h5:/dataset or x.ptyr`;
  throw new ParameterError([{ path: where, message }]);
}

/** Which storage of an earlier result is wanted. */
export interface ResultOptions extends Pick<ModelServices, "readPtyr"> {
  readonly kind: "probe" | "obj";
  /** Path of the parameters that name the result, such as `scans.MF.sample`. */
  readonly where: string;
  /** ID of the storage that is to start: the one of the same ID is taken, else the first. */
  readonly storageID: string;
  /** Scan of the earlier result, which must then be there; null or left out for any. */
  readonly scan?: string | null;
}

/**
 * Probe or object of an earlier result.
 *
 * @throws {ParameterError} if no file is named
 * @throws {DataError} if the file has none, or none of the wanted scan
 * @see PtyPy 0.4: utils.load_from_ptyr as used by illumination and sample
 */
export function arrayOfResult(rfile: string, { kind, storageID, scan, where, readPtyr }: ResultOptions): NdArray {
  if (rfile === PLACEHOLDER) {
    const message = "found the default, which names no file, expected the path of a .ptyr file to start from";
    throw new ParameterError([{ path: `${where}.recon.rfile`, message }]);
  }
  const storages = readPtyr(rfile)[kind];
  const IDs = Object.keys(storages);
  const ID = scan
    ? IDs.find((id) => id === `S${scan}` || id === `S${scan}G00`)
    : storageID in storages
    ? storageID
    : IDs[0];
  if (ID === undefined) {
    throw new DataError(
      `Cannot start from "${rfile}": found ${kind} storages [${IDs.join(", ")}], expected ${
        scan ? `one of scan "${scan}"` : "at least one"
      }`,
      { file: rfile, dataset: `/content/${kind}`, found: IDs },
    );
  }
  return storages[ID]!.data;
}

/** Nested lists of equal lengths as an array. */
export function nestedArray(nested: NestedNumbers): NdArray<Float64Array> {
  const shape: number[] = [];
  for (let at: number | NestedNumbers | undefined = nested; typeof at === "object"; at = at[0]) shape.push(at.length);
  return { dtype: "float64", shape, data: Float64Array.from((nested as unknown[]).flat(Infinity) as number[]) };
}
