/**
 * The HDF5 library: the WebAssembly module in the npm package h5wasm, loaded when this file is imported.
 *
 * The package is one script of 4 MB that holds the module as a text. Imported as it is, that text stays in memory three times and the
 * bytes made of it twice, as long as the program runs. Where its file may be read and is built as we know it, module and script are
 * taken apart instead: 13 MiB less.
 */

import type h5wasm from "h5wasm/node";
import { base_url as pluginsUrl } from "h5wasm-plugins";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { takeApart } from "./h5wasm_parts.ts";
import { byName, mayOpen, placeOfOwn, throwRefusal } from "./hdf5_bounds.ts";

/** The functions of the library. */
export type Hdf5Library = Awaited<typeof h5wasm.ready>;

/** The stack of the library; null where the package was imported as it is. */
let stack: Stack | null = null;

/** Where the filters are that the library loads when it meets them: they are of this program, not of who wrote a file. */
const PLUGINS = join(fileURLToPath(pluginsUrl), "plugins");

/** The library, loaded. */
export const library = withinBounds(await loadParts() ?? await loadPackage());
// Without this, a failed read prints to the console and returns whatever was in memory.
library.activate_throwing_error_handler();
while (library.get_plugin_search_paths().length > 0) library.remove_plugin_search_path(0);
library.insert_plugin_search_path(PLUGINS, 0);

/** What the library uses to open files, and the error that it expects where one may not be opened. */
interface FileSystem {
  open(path: string, flags: number, ...mode: unknown[]): unknown;
  unlink(path: string): unknown;
  close(stream: unknown): void;
  readonly ErrnoError: new (errno: number) => Error;
}

/** "Permission denied", as the system interface of the library numbers it (WASI). */
const EACCES = 2;

/** The flag of opening what is not there yet. */
const O_CREAT = 0o100;

/**
 * The library within the bounds of the process. It takes a refused file for one that is missing, goes on, and may deliver zeros: so
 * every call that met a refusal throws it in the end.
 */
function withinBounds(loaded: Hdf5Library): Hdf5Library {
  const files = loaded.FS as unknown as FileSystem;
  const { open, unlink } = files;
  const complaints: unknown[] = [];
  files.open = (path, flags, ...mode) => {
    // Links lead to what is there: only the library itself makes files of such names.
    const own = (flags & O_CREAT) !== 0 ? placeOfOwn(path) : null;
    if (own === null && !isOfPlugins(path) && !mayOpen(resolve(path))) throw new files.ErrnoError(EACCES);
    const stream = open(own ?? path, flags, ...mode);
    if (own !== null) complaints.push(stream);
    return stream;
  };
  files.unlink = (path) => unlink(placeOfOwn(path) ?? path);
  const calls = new Map<PropertyKey, unknown>();
  return new Proxy(loaded, {
    get(target, name) {
      const known = calls.get(name);
      if (known !== undefined) return known;
      const value: unknown = target[name as keyof Hdf5Library];
      if (typeof value !== "function" || String(name).startsWith("_")) return value;
      const call = (...inputs: unknown[]) => {
        const top = stack?.emscripten_stack_get_current();
        try {
          const call = () => value.apply(target, inputs);
          return name === "open" ? byName(resolve(String(inputs[0])), call) : call();
        } catch (error) {
          // An error leaves its frames on the stack of the library, which some thousands of them would fill, and its file open.
          if (top !== undefined) stack?._emscripten_stack_restore(top);
          for (const stream of complaints.splice(0)) files.close(stream);
          throw error;
        } finally {
          complaints.length = 0;
          throwRefusal();
        }
      };
      calls.set(name, call);
      return call;
    },
  });
}

function isOfPlugins(path: string): boolean {
  return path === PLUGINS || dirname(path) === PLUGINS;
}

interface Stack {
  emscripten_stack_get_current(): number;
  _emscripten_stack_restore(top: number): void;
}

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
    if (isStack(instance.exports)) stack = instance.exports;
    receive(instance, module);
    return instance.exports;
  };
}

function isStack(exports: object): exports is Stack {
  return "emscripten_stack_get_current" in exports && "_emscripten_stack_restore" in exports;
}
