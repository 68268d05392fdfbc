/** Compressed frames, written by h5py and its plugins (tests/formats/hdf5_filters_make.py): read right or refused, never garbage. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../errors.ts";
import { openHdf5 } from "./hdf5.ts";
import { boundHdf5 } from "./hdf5_bounds.ts";

const FILTERS = join(import.meta.dirname!, "../../tests/fixtures/hdf5_loader/filters.h5");
const SHAPE = [6, 16, 24];
const EXPECTED = Array.from({ length: 6 * 16 * 24 }, (_, i) => {
  return 1000 * (Math.floor(i / 384) + 1) + 10 * (Math.floor(i / 24) % 16) + i % 24;
});

const READ: [string, string[]][] = [
  ["gzip", ["shuffle", "deflate", "fletcher32"]],
  ["lzf", ["lzf"]],
  ["lz4", ["lz4"]],
  ["bzip2", ["bzip2"]],
  ["bitshuffle", ["bitshuffle"]],
  ["bitshuffle_lz4", ["bitshuffle"]],
  ["blosc_blosclz", ["blosc"]],
  ["blosc_lz4", ["blosc"]],
  ["blosc_lz4hc", ["blosc"]],
  ["blosc_zstd", ["blosc"]],
  ["zfp", ["zfp"]],
];
for (const [name, filters] of READ) {
  Deno.test(`${name} is undone, also within bounds that allow this file alone`, () => {
    using _bounds = boundHdf5({ mayOpen: (path) => path === FILTERS, mostBytes: 1e6 });
    using file = openHdf5(FILTERS);
    assert.deepEqual(file.info(name).filters, filters);
    const { shape, data } = file.readArray(name);
    assert.deepEqual(shape, SHAPE);
    assert.deepEqual([...data].map(Number), EXPECTED);
    assert.deepEqual([...file.readFrames(name, 3, 4).data].map(Number), EXPECTED.slice(3 * 384, 4 * 384));
  });
}

for (const [name, compression] of [["blosc_zlib", "blosc with zlib"], ["blosc_snappy", "blosc with snappy"]] as const) {
  Deno.test(`${name} is refused with what can be read and what to do, and the next data set is read`, () => {
    using file = openHdf5(FILTERS);
    assert.throws(() => file.readArray(name), (error) => {
      assert.ok(isPtychoError(error, "DataError"));
      assert.match(
        error.message,
        new RegExp(`found compression "${compression}", expected deflate, .*bitshuffle.*h5repack`),
      );
      return true;
    });
    assert.equal(file.readArray("blosc_lz4").data[5], EXPECTED[5]);
  });
}

for (const name of ["gzip", "lz4", "bitshuffle_lz4", "blosc_lz4"]) {
  Deno.test(`${name} with damaged chunks is an error, not garbage`, () => {
    const folder = Deno.makeTempDirSync();
    try {
      const path = join(folder, "damaged.h5");
      const bytes = damaged(Deno.readFileSync(FILTERS), name);
      Deno.writeFileSync(path, bytes);
      using file = openHdf5(path);
      assert.throws(() => file.readArray(name), (error) => {
        assert.ok(isPtychoError(error, "DataError"), String(error));
        assert.match(error.message, new RegExp(`^Cannot read "${name}" in ".*damaged.h5": found `));
        return true;
      });
      using whole = openHdf5(FILTERS);
      assert.deepEqual([...whole.readArray(name).data].map(Number), EXPECTED);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

/** The file with the beginning of every chunk of a data set overwritten. */
function damaged(bytes: Uint8Array<ArrayBuffer>, name: string): Uint8Array<ArrayBuffer> {
  const starts: Record<string, number[]> = JSON.parse(Deno.readTextFileSync(FILTERS.replace(".h5", ".json")));
  for (const start of starts[name]!) bytes.fill(0xff, start, start + 24);
  return bytes;
}
