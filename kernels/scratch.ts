/** Room outside of memory: bytes by position, as in a file. */

/** Bytes that were written can be read again until it is disposed. */
export interface Scratch extends Disposable {
  /** Fills `into` with the bytes from `at` on. @throws {RangeError} if they were never written */
  read(at: number, into: Uint8Array): void;
  /** Writes `from` at `at`. */
  write(at: number, from: Uint8Array): void;
}

/** Bytes of a piece. */
const PIECE_BYTES = 2 ** 22;

/** Scratch where there are no files, as in a browser. */
export function scratchInMemory(): Scratch {
  const pieces = new Map<number, Uint8Array>();
  let end = 0;
  /** Visits the pieces that bytes from `at` on lie in. */
  const each = (at: number, bytes: Uint8Array, visit: (piece: Uint8Array, part: Uint8Array) => void): void => {
    for (let done = 0; done < bytes.length;) {
      const [index, start] = [Math.floor((at + done) / PIECE_BYTES), (at + done) % PIECE_BYTES];
      let piece = pieces.get(index);
      if (piece === undefined) pieces.set(index, piece = new Uint8Array(PIECE_BYTES));
      const count = Math.min(PIECE_BYTES - start, bytes.length - done);
      visit(piece.subarray(start, start + count), bytes.subarray(done, done + count));
      done += count;
    }
  };
  return {
    read(at, into) {
      if (at + into.length > end) {
        throw new RangeError(`Cannot read scratch: found ${end} bytes, expected ${at + into.length}`);
      }
      each(at, into, (piece, part) => part.set(piece));
    },
    write(at, from) {
      each(at, from, (piece, part) => piece.set(part));
      end = Math.max(end, at + from.length);
    },
    [Symbol.dispose]() {
      pieces.clear();
      end = 0;
    },
  };
}
