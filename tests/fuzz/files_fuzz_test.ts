/**
 * Files in which anything was changed are read, or refused with an error that names them: flipped bits, other numbers where sizes stand,
 * cut ends, parts that were moved. `EXITWAVE_FUZZ_FILES` sets how many of each kind, `EXITWAVE_FUZZ_SEED` which.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { isPtychoError } from "../../core/errors.ts";
import { openPack } from "../../core/formats/array_pack.ts";
import { createPack } from "../../core/formats/array_pack_writer.ts";
import { boundHdf5 } from "../../core/formats/hdf5_bounds.ts";
import { readNpy, writeNpy } from "../../core/formats/npy.ts";
import { openPtyd } from "../../core/formats/ptyd.ts";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { loadParameterFile } from "../../core/parameter_file.ts";
import { parsePtycho } from "../../core/ptycho_params.ts";

const FILES = Number(Deno.env.get("EXITWAVE_FUZZ_FILES") ?? 400);
const SEED = Number(Deno.env.get("EXITWAVE_FUZZ_SEED") ?? 20261125);
const FIXTURES = join(import.meta.dirname!, "../fixtures");

/** Less than what a size that was changed can say, more than what the files hold. */
const MOST_BYTES = 200_000_000;

/** A change of the bytes of a file; places are parts of its length, many of them near the begin, where its tables are. */
interface Change {
  readonly kind: "flip" | "number" | "cut" | "move";
  readonly at: number;
  readonly value: number;
}

const place = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.02, noNaN: true }));
const changes = fc.array(
  fc.record<Change>({
    kind: fc.constantFrom("flip", "flip", "number", "number", "cut", "move"),
    at: place,
    value: fc.oneof(fc.nat(), fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff)),
  }),
  { minLength: 1, maxLength: 6 },
);

/** The bytes with changes in them. */
function changed(bytes: Uint8Array, list: readonly Change[]): Uint8Array {
  let result = bytes.slice();
  for (const { kind, at, value } of list) {
    const start = Math.floor(at * Math.max(0, result.length - 8));
    if (kind === "cut") result = result.subarray(0, start);
    else if (result.length < 9) continue;
    else if (kind === "flip") result[start]! ^= 1 << (value % 8);
    else if (kind === "move") result.copyWithin(start, value % result.length, (value % result.length) + 64);
    // Sizes and addresses have 8 bytes there.
    else {new DataView(result.buffer, result.byteOffset + start).setBigUint64(
        0,
        BigInt(value) << BigInt(value % 33),
        true,
      );}
  }
  return result;
}

const ARRAY = { dtype: "float64", shape: [50, 70], data: Float64Array.from({ length: 3500 }, Math.sqrt) } as const;

interface Kind {
  readonly name: string;
  /** Makes a good file. */
  readonly make: (path: string) => void;
  /** Reads all of one. */
  readonly read: (path: string) => void;
}

const KINDS: readonly Kind[] = [
  {
    name: "scan.ptyd",
    make: (path) => Deno.copyFileSync(join(FIXTURES, "synth64_nonoise_v04.ptyd"), path),
    read(path) {
      using file = openPtyd(path);
      file.frames(0, Math.min(3, file.numFrames));
    },
  },
  {
    name: "result.ptyr",
    make: (path) => Deno.copyFileSync(join(FIXTURES, "synth64_nonoise_DM_0050_09.ptyr"), path),
    read: (path) => void readPtyr(path),
  },
  {
    name: "array.npy",
    make: (path) => writeNpy(path, ARRAY),
    read: (path) => void readNpy(path),
  },
  {
    name: "state.pack",
    make(path) {
      using pack = createPack(path, "state");
      pack.add("probe", ARRAY);
      pack.add("object", ARRAY);
      pack.finish({ iteration: 3 });
    },
    read(path) {
      using pack = openPack(path);
      pack.check();
      for (const name of pack.arrays.keys()) pack.read(name);
    },
  },
  {
    name: "parameters.yaml",
    make: (path) => Deno.copyFileSync(join(FIXTURES, "../examples/siemens_star.yaml"), path),
    read: (path) => void parsePtycho(loadParameterFile(path)),
  },
];

for (const { name, make, read } of KINDS) {
  Deno.test(`${FILES} files that were ${name} are read or refused by name (seed ${SEED})`, () => {
    using _bounds = boundHdf5({ mayOpen: () => true, mostBytes: MOST_BYTES });
    const folder = Deno.makeTempDirSync();
    try {
      const path = join(folder, name);
      make(path);
      read(path);
      const good = Deno.readFileSync(path);
      let refused = 0;
      const property = fc.property(changes, (list) => {
        Deno.writeFileSync(path, changed(good, list));
        try {
          read(path);
        } catch (error) {
          assert.ok(
            isPtychoError(error),
            `not said as a mistake in a file: ${error instanceof Error ? error.stack : error}`,
          );
          refused++;
        }
      });
      fc.assert(property, { seed: SEED, numRuns: FILES });
      assert.ok(refused > FILES / 10, `only ${refused} of ${FILES} were refused`);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}
