/**
 * The HDF5 library: the WebAssembly module in the npm package h5wasm, loaded when this file is imported.
 *
 * The package is one script of 4 MB that holds the module as a text. Imported as it is, that text stays in memory three times and the
 * bytes made of it twice, as long as the program runs. Where its file may be read and is built as we know it, module and script are
 * taken apart instead: 13 MiB less.
 */

import type h5wasm from "h5wasm/node";
import { takeApart } from "./h5wasm_parts.ts";

/** The functions of the library. */
export type Hdf5Library = Awaited<typeof h5wasm.ready>;

/** The library, loaded. */
export const library = await loadParts() ?? await loadPackage();
// Without this, a failed read prints to the console and returns whatever was in memory.
library.activate_throwing_error_handler();

async function loadPackage(): Promise<Hdf5Library> {
  const { default: package_ } = await import("h5wasm/node");
  return await package_.ready;
}

async function loadParts(): Promise<Hdf5Library | null> {
  const parts = takeApart(new URL("hdf5_util.js", import.meta.resolve("h5wasm/node")));
  if (parts === null) return null;
  const url = URL.createObjectURL(new Blob([parts.script], { type: "text/javascript" }));
  try {
    const { default: createLibrary } = await import(url);
    return await createLibrary({ noInitialRun: true, instantiateWasm: instantiatorOf(parts.module) });
  } finally {
    URL.revokeObjectURL(url);
  }
}

type Receive = (instance: WebAssembly.Instance, module: WebAssembly.Module) => void;

/** What the script of the package calls to get its module. */
function instantiatorOf(module: WebAssembly.Module): (imports: WebAssembly.Imports, receive: Receive) => unknown {
  return (imports, receive) => {
    const instance = new WebAssembly.Instance(module, imports);
    receive(instance, module);
    return instance.exports;
  };
}
