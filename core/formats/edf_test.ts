/** EDF images that fabio wrote, by hand and hostile. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../errors.ts";
import { boundHdf5 } from "./hdf5_bounds.ts";
import { mnemonics, parseEdf, readEdf, readEdfHeader } from "./edf.ts";
import { toNumbers } from "./hdf5_values.ts";

const FOLDER = join(import.meta.dirname!, "../../tests/fixtures/beamlines/edf");

/** What the generator wrote: (1 + 100 y + x) % 100, less 30 where the type has a sign. */
function values(offset: number): number[] {
  return Array.from({ length: 35 }, (_, i) => (1 + 100 * Math.floor(i / 7) + i % 7) % 100 - offset);
}

const TYPES = {
  u1: "uint8",
  i1: "int8",
  u2: "uint16",
  i2: "int16",
  u4: "uint32",
  i4: "int32",
  u8: "uint64",
  i8: "int64",
  f4: "float32",
  f8: "float64",
  big_i2: "int16",
  big_f4: "float32",
};
for (const [name, dtype] of Object.entries(TYPES)) {
  Deno.test(`readEdf() reads ${name}.edf as fabio does`, () => {
    const image = readEdf(join(FOLDER, `${name}.edf`));
    assert.deepEqual([image.dtype, image.shape], [dtype, [5, 7]]);
    assert.deepEqual([...toNumbers(image)], values(dtype.startsWith("u") ? 0 : 30));
  });
}

Deno.test("readEdfHeader() keeps all fields, with what stands behind the first equals sign", () => {
  const { fields } = readEdfHeader(join(FOLDER, "u2.edf"));
  assert.deepEqual([fields.get("title"), fields.get("dim_1"), fields.get("dim_2")], ["a = b", "7", "5"]);
});

function edf(header: string, bytes = 4): Uint8Array {
  return new TextEncoder().encode(`{\n${header}\n}\n${"\x01".repeat(bytes)}`);
}
const SOUND = "DataType = UnsignedShort ; ByteOrder = LowByteFirst ; Dim_1 = 2 ; Dim_2 = 1 ;";

Deno.test("parseEdf() takes a header of any length, and numbers right behind it", () => {
  assert.deepEqual([...parseEdf(edf(SOUND), "x").data], [257, 257]);
  assert.deepEqual([...parseEdf(edf(`${SOUND}\r`).slice(), "x").data], [257, 257]);
});

const HOSTILE: readonly [string, Uint8Array, RegExp][] = [
  ["no header", new TextEncoder().encode("II*"), /found other content, expected an EDF image/],
  ["nothing", new Uint8Array(0), /found other content/],
  ["a header without end", new TextEncoder().encode(`{ ${SOUND}`), /found no end of the header/],
  ["fewer bytes than pixels", edf(SOUND, 3), /truncated file of \d+ bytes, expected \d+/],
  ["absurdly many pixels", edf(SOUND.replace("Dim_1 = 2", "Dim_1 = 2000000000")), /truncated file of \d+ bytes/],
  [
    "more pixels than there are numbers",
    edf(SOUND.replace("Dim_1 = 2", "Dim_1 = 99999999999999999999")),
    /found Dim_1 "9+"/,
  ],
  ["a negative side", edf(SOUND.replace("Dim_1 = 2", "Dim_1 = -2")), /found Dim_1 "-2", expected a number of pixels/],
  ["no side", edf(SOUND.replace("Dim_2", "Dim_4")), /found Dim_2 "nothing"/],
  ["another type", edf(SOUND.replace("Short", "Shirt")), /found DataType "UnsignedShirt"/],
  ["a volume", edf(`${SOUND} Dim_3 = 4 ;`), /found Dim_3 "4"/],
  ["compression", edf(`${SOUND} Compression = GZIP ;`), /found compression "GZIP", expected none/],
  ["another order of bytes", edf(SOUND.replace("LowByteFirst", "Middle")), /found ByteOrder "Middle"/],
];
for (const [what, bytes, says] of HOSTILE) {
  Deno.test(`parseEdf() refuses ${what}`, () => {
    assert.throws(() => parseEdf(bytes, "x"), (e) => isPtychoError(e, "DataError") && says.test(e.message));
  });
}

Deno.test("readEdf() keeps to the bounds of the process, and names a file that is not there", () => {
  using _bounds = boundHdf5({ mayOpen: () => true, mostBytes: 69 });
  assert.throws(() => readEdf(join(FOLDER, "u2.edf")), /found 70 bytes to hold at once/);
  assert.throws(() => readEdf(join(FOLDER, "u9.edf")), /found no such file; did you mean/);
});

Deno.test("mnemonics() pairs names and values, and refuses what does not pair", () => {
  const o = { kind: "motor", file: "f" };
  assert.deepEqual([...mnemonics({ names: " a  b ", values: "1 -2e3" }, o)], [["a", 1], ["b", -2000]]);
  assert.throws(() => mnemonics({ names: "a b", values: "1" }, o), /found 1 values of 2 motors/);
  assert.throws(() => mnemonics({ names: undefined, values: "1" }, o), /found no motor_mne/);
});
