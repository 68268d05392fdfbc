/**
 * The binary format of WebAssembly, as far as the emitter needs it: numbers, vectors and sections.
 * @see WebAssembly Core Specification 2.0, chapter 5
 */

import { type Code, createByteList } from "./code.ts";

/** Types of values that parameters, locals and expressions have. */
export type ValueType = "i32" | "f32" | "f64" | "v128";

/** The byte that stands for each type. */
export const TYPE_CODES: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** LEB128 of an unsigned integer below 2^32. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

/** LEB128 of a signed 32-bit integer. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  while (rest < -0x40 || rest > 0x3f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  bytes.push(rest & 0x7f);
  return bytes;
}

/** Little-endian bytes of a single-precision number. */
export function float32(value: number): number[] {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [...bytes];
}

/** Little-endian bytes of a double-precision number. */
export function float64(value: number): number[] {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return [...bytes];
}

/** A name: its length and its UTF-8 bytes. */
export function name(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return [...unsigned(bytes.length), ...bytes];
}

/** A vector: how many items, then the items. */
export function vector(items: readonly (Code | number)[]): Code {
  return [unsigned(items.length), items];
}

/** What needs its length in front: a function's body, a section's content. */
export function withLength(content: Code): Code {
  const list = createByteList();
  list.add(content);
  return [unsigned(list.length), list.bytes()];
}

/** A section: its number, its length and its content. */
export function section(id: number, content: Code): Code {
  return [id, withLength(content)];
}
