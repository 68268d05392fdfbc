/**
 * Code while it is put together. Expressions hold the code of their parts, not copies of it, and bytes are written once: copied at every
 * step, the 20 kB of a module left 13 MB of garbage.
 */

/** Bytes, nested as they were put together. */
export type Code = readonly (number | Code)[] | Uint8Array;

/** A growing list of bytes. */
export interface ByteList {
  readonly length: number;
  /** Adds all bytes of the parts in their order. */
  add(...parts: readonly (number | Code)[]): void;
  /** A copy. */
  bytes(): Uint8Array<ArrayBuffer>;
}

const FIRST_ROOM = 1 << 10;

/** An empty list. */
export function createByteList(): ByteList {
  let room = new Uint8Array(FIRST_ROOM);
  let length = 0;

  function makeRoom(more: number): void {
    if (length + more <= room.length) return;
    const larger = new Uint8Array(Math.max(length + more, 2 * room.length));
    larger.set(room.subarray(0, length));
    room = larger;
  }

  function add(code: Code): void {
    if (code instanceof Uint8Array) {
      makeRoom(code.length);
      room.set(code, length);
      length += code.length;
      return;
    }
    for (const part of code) {
      if (typeof part !== "number") {
        add(part);
        continue;
      }
      makeRoom(1);
      room[length++] = part;
    }
  }

  return {
    get length() {
      return length;
    },
    add: (...parts) => add(parts),
    bytes: () => room.slice(0, length),
  };
}
