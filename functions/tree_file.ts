/** Parameter files on the server. */

import { readError } from "../core/formats/hdf5_signature.ts";
import { parameterFormatOf, parseParameterText, type WrittenTree } from "../core/parameter_file.ts";
import type { FindFiles } from "./data_root.ts";

/**
 * The tree of a parameter file below the data root. Files that it is based on are refused: they could lie anywhere.
 *
 * @throws {DataError} if it cannot be read or is not well formed @throws {ParameterError} if it is based on another
 */
export function loadTreeFile(file: string, files: FindFiles): WrittenTree {
  const path = files("./").path(file);
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    throw readError(path, error);
  }
  return parseParameterText(text, { format: parameterFormatOf(file), file });
}
