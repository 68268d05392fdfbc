/** A full disk: every writer says so, leaves nothing, and works again when there is space. Needs root to mount a small disk. */

import assert from "node:assert/strict";
import { isPtychoError } from "../../core/errors.ts";
import { writeBytesWhole } from "../../core/formats/atomic_file.ts";
import { openHdf5 } from "../../core/formats/hdf5.ts";
import { writeHdf5 } from "../../core/formats/hdf5_writer.ts";
import { writeNpy } from "../../core/formats/npy.ts";
import { createPtyd } from "../../core/formats/ptyd_writer.ts";
import { exampleChunk, exampleSpec } from "./example_content.ts";
import { mountSmallDisk } from "./small_disk.ts";

/** Bytes of the small disk, and a size that does not fit on it. */
const DISK = "400k";
const TOO_MUCH = 1_000_000;

const noise = { dtype: "uint8" as const, shape: [TOO_MUCH], data: noiseBytes(TOO_MUCH) };

const WRITERS: Readonly<Record<string, (folder: string) => void>> = {
  "bytes": (folder) => writeBytesWhole(`${folder}/x`, noise.data),
  ".npy": (folder) => writeNpy(`${folder}/x`, noise),
  "HDF5": (folder) => writeHdf5(`${folder}/x`, (writer) => writer.array("/x", noise)),
  "HDF5, compressed": (folder) => writeHdf5(`${folder}/x`, (writer) => writer.array("/x", noise, { gzip: 1 })),
  "HDF5, the last bytes only": (folder) =>
    writeHdf5(`${folder}/x`, (writer) => {
      writer.array("/x", { dtype: "uint8", shape: [409_000], data: noise.data.slice(0, 409_000) });
      writer.boolean("/b", true);
    }),
  ".ptyd": (folder) => {
    using writer = createPtyd(`${folder}/x`, exampleSpec("append"));
    const values = new Float64Array(noise.data.slice(0, 96 * 5000).buffer);
    const data = { dtype: "float64" as const, shape: [5000, 3, 4], data: values };
    writer.append({ ...exampleChunk(0, 5000), data, weights: null });
    writer.close();
  },
};

Deno.test({
  name:
    "a full disk is named, nothing is left on it, and its space is free again (skipped where a disk cannot be mounted)",
  ignore: !hasSmallDisk(),
  fn() {
    using disk = mountSmallDisk(DISK)!;
    const { folder } = disk;
    for (const [name, write] of Object.entries(WRITERS)) {
      const says = /^Cannot write ".*\/x": found no space left on the disk; free some space or choose another folder$/;
      assert.throws(() => write(folder), (error) => {
        assert.ok(isPtychoError(error, "DataError"), name);
        assert.match(error.message, says, name);
        return true;
      });
      assert.deepEqual([...Deno.readDirSync(folder)], [], name);
      // Had the library kept the removed file open with its content, this would not fit.
      writeBytesWhole(`${folder}/y`, noise.data.subarray(0, 380_000));
      Deno.removeSync(`${folder}/y`);
    }
    writeHdf5(`${folder}/x`, (writer) => writer.boolean("/b", true));
    using file = openHdf5(`${folder}/x`);
    assert.equal(file.read("/b"), true);
  },
});

function hasSmallDisk(): boolean {
  using disk = mountSmallDisk(DISK);
  return disk !== null;
}

/** Bytes that do not compress: a linear congruential generator. */
function noiseBytes(count: number): Uint8Array<ArrayBuffer> {
  let state = 1;
  return Uint8Array.from({ length: count }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24);
}
