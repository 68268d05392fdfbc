/** Scratch in files without a name: they are gone when the process ends, however it ends. */

import { DataError } from "../errors.ts";
import type { Scratch } from "../../kernels/scratch.ts";
import { writeError } from "./atomic_file.ts";

/** Makes scratch files and closes them all in the end. */
export interface ScratchFiles extends Disposable {
  /** An empty scratch. @throws {DataError} if the folder cannot be written */
  open(): Scratch;
}

/** Scratch files in `folder`, the system's folder for temporary files (TMPDIR) if left out. */
export function createScratchFiles(folder?: string): ScratchFiles {
  const open = new Set<Scratch>();
  return {
    open() {
      const scratch = openScratch(folder, () => open.delete(scratch));
      open.add(scratch);
      return scratch;
    },
    [Symbol.dispose]() {
      for (const scratch of open) scratch[Symbol.dispose]();
    },
  };
}

function openScratch(folder: string | undefined, closed: () => void): Scratch {
  const { path, file } = createFile(folder);
  // Where the system lets it, the name goes at once and the content when the file is closed.
  let isNamed = !removed(path);
  let isOpen = true;
  return {
    read(at, into) {
      file.seekSync(at, Deno.SeekMode.Start);
      for (let done = 0; done < into.length;) {
        const count = file.readSync(into.subarray(done));
        if (count === null) {
          throw new RangeError(`Cannot read scratch: found ${at + done} bytes, expected ${at + into.length}`);
        }
        done += count;
      }
    },
    write(at, from) {
      try {
        file.seekSync(at, Deno.SeekMode.Start);
        for (let done = 0; done < from.length;) done += file.writeSync(from.subarray(done));
      } catch (error) {
        throw scratchError(path, error);
      }
    },
    [Symbol.dispose]() {
      if (!isOpen) return;
      isOpen = false;
      file.close();
      if (isNamed) isNamed = !removed(path);
      closed();
    },
  };
}

function createFile(folder: string | undefined): { path: string; file: Deno.FsFile } {
  let path = folder ?? "the folder for temporary files";
  try {
    path = Deno.makeTempFileSync({ ...(folder === undefined ? {} : { dir: folder }), prefix: "exitwave_scratch_" });
    return { path, file: Deno.openSync(path, { read: true, write: true }) };
  } catch (error) {
    throw scratchError(path, error);
  }
}

function scratchError(path: string, cause: unknown): Error {
  const error = writeError(path, cause);
  return new DataError(
    `${error.message} (frames that need not be in memory are kept there; the variable TMPDIR chooses the folder)`,
    { file: path },
    error,
  );
}

function removed(path: string): boolean {
  try {
    Deno.removeSync(path);
    return true;
  } catch {
    // Windows keeps the name of an open file.
    return false;
  }
}
