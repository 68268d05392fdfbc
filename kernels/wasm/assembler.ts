/**
 * Writes WebAssembly modules in process: functions are written with expressions (expressions.ts) and statements
 * (function_body.ts), then `bytes()` gives the module. There is no build step and no other program.
 *
 * A module imports one memory, `env.memory`, and has no state of its own: whatever a function needs it gets as an address,
 * so that instances in several workers can share a memory.
 */

import { type Code, createByteList } from "./code.ts";
import { name as encodeName, section, TYPE_CODES, unsigned, type ValueType, vector, withLength } from "./encoding.ts";
import { type FunctionBody, type FunctionHandle, type Local, openBody } from "./function_body.ts";

/** Types of a function's parameters by name, in order. */
export type ParamTypes = Readonly<Record<string, ValueType>>;

/** The parameters as locals. */
export type Params<P extends ParamTypes> = { readonly [K in keyof P]: Local<P[K]> };

/** What a function is called, takes and returns; `exported` makes it callable from outside under its name. */
export interface Signature<P extends ParamTypes> {
  readonly name: string;
  readonly params: P;
  readonly results?: readonly ValueType[];
  readonly exported?: boolean;
}

/** A module under construction. */
export interface Assembler {
  /** Adds a function; it may call those added before it. */
  define<P extends ParamTypes>(
    signature: Signature<P>,
    write: (body: FunctionBody, params: Params<P>) => void,
  ): FunctionHandle;
  /** The module so far. */
  bytes(): Uint8Array<ArrayBuffer>;
}

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/**
 * A new, empty module.
 *
 * sharedPages  of 64 KiB: what the memory it imports has, from the beginning and for ever, if threads share it. (If it might grow, V8
 *              would look up its size at every access: a sixth of the time.) 0 for a memory of one thread, of any size. An instance
 *              takes no other memory
 */
export function createAssembler({ sharedPages }: { sharedPages: number }): Assembler {
  const defined: { handle: FunctionHandle; exported: boolean; code: Code }[] = [];

  function bytes(): Uint8Array<ArrayBuffer> {
    const limits = sharedPages > 0 ? [0x03, unsigned(sharedPages), unsigned(sharedPages)] : [0x00, 0];
    const types = defined.map(({ handle }) => [0x60, typeVector(handle.params), typeVector(handle.results)]);
    const exports = defined.filter((f) => f.exported).map(({ handle }) => [
      encodeName(handle.name),
      0x00,
      unsigned(handle.index),
    ]);
    const module = createByteList();
    module.add(
      MAGIC_AND_VERSION,
      section(1, vector(types)),
      section(2, vector([[encodeName("env"), encodeName("memory"), 0x02, limits]])),
      section(3, vector(defined.map((_, i) => unsigned(i)))),
      section(7, vector(exports)),
      section(10, vector(defined.map(({ code }) => withLength(code)))),
    );
    return module.bytes();
  }

  return {
    define<P extends ParamTypes>(signature: Signature<P>, write: (body: FunctionBody, params: Params<P>) => void) {
      const names = Object.keys(signature.params);
      const open = openBody(names.map((n) => signature.params[n]!));
      const params = Object.fromEntries(open.params.map((local, i) => [names[i]!, local])) as unknown as Params<P>;
      write(open.body, params);
      const handle: FunctionHandle = {
        index: defined.length,
        name: signature.name,
        params: names.map((n) => signature.params[n]!),
        results: signature.results ?? [],
      };
      defined.push({ handle, exported: signature.exported ?? false, code: open.finish() });
      return handle;
    },
    bytes,
  };
}

function typeVector(types: readonly ValueType[]): Code {
  return vector(types.map((type) => TYPE_CODES[type]));
}
