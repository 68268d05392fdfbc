/** Takes the script of the npm package h5wasm apart into the WebAssembly module that it holds as a text, and the rest. */

/** The parts. */
export interface H5wasmParts {
  readonly module: WebAssembly.Module;
  /** The script without the module; its default export instantiates the library. */
  readonly script: string;
}

/** In front of and behind the text that holds the module: a byte is a character, in UTF-8, some of them escaped. */
const [BEFORE, AFTER] = ["binaryDecode('", "')"];

const [BACKSLASH, QUOTE, X] = [0x5c, 0x27, 0x78];

/** The first of two bytes of UTF-8: of characters from 128 to 255. */
const TWO_BYTES = 0xc2;

/** What may follow a backslash beside itself, a quote and x. */
const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, v: 11, f: 12, 0: 0 };

/** How a WebAssembly module begins. */
const MAGIC = [0, 0x61, 0x73, 0x6d];

/** Bytes of a page of WebAssembly memory. */
const PAGE_BYTES = 65536;

/** The parts of the script in a file; null if it may not be read or is built in another way than is known. */
export function takeApart(file: URL): H5wasmParts | null {
  const bytes = read(file);
  if (bytes === null) return null;
  const start = indexOf(bytes, BEFORE) + BEFORE.length;
  if (start < BEFORE.length) return null;
  const found = decode(bytes, start);
  if (found === null || indexOf(bytes.subarray(found.end, found.end + AFTER.length), AFTER) !== 0) return null;
  const text = (part: Uint8Array) => new TextDecoder().decode(part);
  const script = text(bytes.subarray(0, start)) + text(bytes.subarray(found.end));
  // The script looks for files beside itself.
  const placed = script.replaceAll("import.meta.url", JSON.stringify(file.href));
  // It would copy all variables, keys among them, and ask for the right to read every one.
  const rest = placed.replace("if(ENVIRONMENT_IS_NODE){env=process.env}", "");
  return { module: new WebAssembly.Module(found.bytes), script: rest };
}

/**
 * The bytes of a file in memory of their own. Freed, a block of megabytes from the usual allocator makes it keep as much of what is freed
 * later (glibc's dynamic threshold).
 */
function read(path: URL): Uint8Array<ArrayBuffer> | null {
  try {
    using file = Deno.openSync(path);
    const bytes = ownMemory(file.statSync().size);
    for (let at = 0; at < bytes.length;) {
      const count = file.readSync(bytes.subarray(at));
      if (count === null) return null;
      at += count;
    }
    return bytes;
  } catch {
    // Not a file of this machine, or not to be read: the package can be imported all the same.
    return null;
  }
}

function ownMemory(size: number): Uint8Array<ArrayBuffer> {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(size / PAGE_BYTES) });
  return new Uint8Array(memory.buffer as ArrayBuffer, 0, size);
}

/** The bytes that a text stands for, from `start` to its closing quote, and where that is; null if they are no WebAssembly module. */
function decode(
  text: Uint8Array,
  start: number,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly end: number } | null {
  const decoded = ownMemory(text.length);
  let count = 0;
  let at = start;
  for (; at < text.length && text[at] !== QUOTE; count++) {
    const first = text[at]!;
    if (first >= TWO_BYTES) {
      decoded[count] = (first & 0x03) << 6 | text[at + 1]! & 0x3f;
      at += 2;
    } else if (first !== BACKSLASH) decoded[count] = text[at++]!;
    else if (text[at + 1] === X) {
      decoded[count] = parseInt(String.fromCharCode(text[at + 2]!, text[at + 3]!), 16);
      at += 4;
    } else {
      decoded[count] = ESCAPES[String.fromCharCode(text[at + 1]!)] ?? text[at + 1]!;
      at += 2;
    }
  }
  return MAGIC.every((byte, i) => decoded[i] === byte) ? { bytes: decoded.subarray(0, count), end: at } : null;
}

/** Where an ASCII text first stands, -1 if nowhere. */
function indexOf(bytes: Uint8Array, text: string): number {
  const wanted = new TextEncoder().encode(text);
  for (let at = bytes.indexOf(wanted[0]!); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
