/**
 * The HDF5 library: the WebAssembly module of the npm package h5wasm, which lies here taken apart (infra/unpack_h5wasm.ts says why). It
 * is loaded once, when this file is imported.
 */

import type h5wasm from "h5wasm/node";
import { createLibrary } from "./h5wasm/hdf5_util.js";

/** The functions of the library. */
export type Hdf5Library = Awaited<typeof h5wasm.ready>;

/** The library, loaded. */
export const library = await createLibrary({ noInitialRun: true, instantiateWasm }) as Hdf5Library;
// Without this, a failed read prints to the console and returns whatever was in memory.
library.activate_throwing_error_handler();

/** What the script of the package calls to get its module. */
function instantiateWasm(
  imports: WebAssembly.Imports,
  receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
): WebAssembly.Exports {
  const module = new WebAssembly.Module(Deno.readFileSync(new URL("./h5wasm/hdf5.wasm", import.meta.url)));
  const instance = new WebAssembly.Instance(module, imports);
  receive(instance, module);
  return instance.exports;
}
