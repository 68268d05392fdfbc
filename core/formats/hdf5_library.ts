/**
 * The HDF5 library: the WebAssembly module of the npm package h5wasm, which lies here taken apart (infra/unpack_h5wasm.ts says why). It
 * is loaded once, when this file is imported.
 */

import type h5wasm from "h5wasm/node";
import { createLibrary } from "./h5wasm/hdf5_util.js";

/** Bytes of a page of WebAssembly memory. */
const PAGE_BYTES = 65536;

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
  const module = new WebAssembly.Module(readModule(new URL("./h5wasm/hdf5.wasm", import.meta.url)));
  const instance = new WebAssembly.Instance(module, imports);
  receive(instance, module);
  return instance.exports;
}

/**
 * The bytes of a file in memory of their own. Freed, a block of megabytes from the usual allocator makes it keep as much of what is
 * freed later (glibc's dynamic threshold): about 8 MiB in every run.
 */
function readModule(path: URL): Uint8Array<ArrayBuffer> {
  using file = Deno.openSync(path);
  const { size } = file.statSync();
  const memory = new WebAssembly.Memory({ initial: Math.ceil(size / PAGE_BYTES) });
  const bytes = new Uint8Array(memory.buffer as ArrayBuffer, 0, size);
  let filled = 0;
  for (let read: number | null = 0; read !== null && filled < size; filled += read ?? 0) {
    read = file.readSync(bytes.subarray(filled));
  }
  return bytes;
}
