/**
 * Takes the npm package h5wasm apart: `deno task h5wasm`, after its version in deno.json was changed. The package is one script of 4 MB
 * that holds the compiled library as a text. Imported as it is, that text stays in memory three times and the bytes made of it twice,
 * 17 MB in all, as long as the program runs; a file with the bytes is compiled and forgotten.
 */

/** What the package is taken apart into, by name of the file. */
export interface Unpacked {
  /** The library, a WebAssembly module. */
  readonly "hdf5.wasm": Uint8Array<ArrayBuffer>;
  /** The script that instantiates it and gives it files. */
  readonly "hdf5_util.js": string;
  readonly "LICENSE.txt": string;
}

/** Where it lies here. */
export const H5WASM_FOLDER = new URL("../core/formats/h5wasm/", import.meta.url);

/** In front of and behind the text that holds the library, and what exports the function that instantiates it. */
const BEFORE = "binaryDecode('";
const AFTER = "')";
const EXPORT = "export default Module;";

/** What may follow a backslash in a text beside itself and x. */
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", v: "\v", f: "\f", 0: "\0" };

const NOTICE =
  "/* From h5wasm {version}, dist/node/hdf5_util.js, by NIST, see LICENSE.txt. Changed in November 2026 by infra/unpack_h5wasm.ts: without the library itself, which is in hdf5.wasm, and with a named export. */\n";

if (import.meta.main) {
  // Only what is imported is downloaded.
  await import("h5wasm/node");
  for (const [name, content] of Object.entries(unpackH5wasm())) {
    const path = new URL(name, H5WASM_FOLDER);
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
  }
}

/** Takes the package apart that was downloaded. @throws {Error} if it is not built as it was */
export function unpackH5wasm(): Unpacked {
  const package_ = new URL("../../", import.meta.resolve("h5wasm/node"));
  const { version } = JSON.parse(Deno.readTextFileSync(new URL("package.json", package_)));
  const script = Deno.readTextFileSync(new URL("dist/node/hdf5_util.js", package_));
  const start = script.indexOf(BEFORE) + BEFORE.length;
  const end = start < BEFORE.length ? -1 : endOfText(script, start);
  if (end < 0 || !script.startsWith(AFTER, end) || !script.trimEnd().endsWith(EXPORT)) {
    throw new Error(`Cannot take h5wasm ${version} apart: found another script, expected one text in binaryDecode()`);
  }
  const rest = script.slice(0, start) + script.slice(end);
  return {
    "hdf5.wasm": bytesOf(script.slice(start, end)),
    "hdf5_util.js": NOTICE.replace("{version}", version) + rest.replace(EXPORT, "export { Module as createLibrary };"),
    "LICENSE.txt": Deno.readTextFileSync(new URL("LICENSE.txt", package_)),
  };
}

/** Where the text in single quotes ends that begins at `start`. */
function endOfText(script: string, start: number): number {
  let at = start;
  while (script[at] !== "'") at += script[at] === "\\" ? 2 : 1;
  return at;
}

/** The bytes of a text as it is written in a script: a character each. */
function bytesOf(written: string): Uint8Array<ArrayBuffer> {
  const text = written.replace(/\\(?:x([0-9a-f]{2})|([^x]))/gs, (_, hex: string | undefined, one: string) => {
    return hex === undefined ? ESCAPES[one] ?? one : String.fromCharCode(parseInt(hex, 16));
  });
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
