/** HDF5: what is written comes back, ranges are read right, and every unusable file is refused in words. */

import assert from "node:assert/strict";
import { type DType, type NdArray, sizeOf } from "../../kernels/nd_array.ts";
import { DataError, isPtychoError } from "../errors.ts";
import { openHdf5 } from "./hdf5.ts";
import { hdf5Tree } from "./hdf5_tree.ts";
import { ELEMENT_BYTES, toNumbers, viewAs } from "./hdf5_values.ts";
import { Hdf5Writer, writeHdf5 } from "./hdf5_writer.ts";

function inFolder(test: (folder: string) => void): () => void {
  return () => {
    const folder = Deno.makeTempDirSync();
    try {
      test(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

/** An array of asymmetric values, some of them negative where the type has them. */
function counting(dtype: DType, shape: readonly number[]): NdArray {
  const bytes = Math.max(1, sizeOf(shape)) * ELEMENT_BYTES[dtype];
  const data = viewAs(new ArrayBuffer(bytes), dtype, sizeOf(shape));
  for (let i = 0; i < data.length; i++) {
    const value = (dtype.startsWith("uint") ? 7 * i : 7 * i - 20) % 120;
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(value);
    else data[i] = dtype.includes("int") ? value : value / 3;
  }
  return { dtype, shape, data };
}

const TYPES = Object.keys(ELEMENT_BYTES) as DType[];
for (const dtype of TYPES) {
  Deno.test(
    `a ${dtype} array comes back as it was written, compressed or not`,
    inFolder((folder) => {
      const arrays = {
        plain: counting(dtype, [3, 5]),
        zipped: counting(dtype, [7, 2, 3]),
        single: counting(dtype, []),
      };
      writeHdf5(`${folder}/x.h5`, (writer) => {
        writer.array("/plain", arrays.plain);
        writer.array("/zipped", arrays.zipped, { gzip: 4 });
        writer.array("/single", arrays.single);
      });
      using file = openHdf5(`${folder}/x.h5`);
      for (const [name, expected] of Object.entries(arrays)) {
        assert.deepEqual(file.readArray(name), { ...expected, shape: [...expected.shape] });
        assert.equal(file.info(name).type.name, dtype);
      }
      assert.deepEqual(file.info("zipped").filters, ["deflate"]);
      assert.deepEqual(file.info("plain").filters, []);
    }),
  );
}

Deno.test(
  "text, booleans, records, links and attributes come back",
  inFolder((folder) => {
    writeHdf5(`${folder}/x.h5`, (writer) => {
      writer.group("/g");
      writer.attribute("/g", "type", "dict");
      writer.attribute("/", "ctime", "now");
      writer.text("/g/text", "h\u00e4/\n");
      writer.text("/g/none", "");
      writer.boolean("/g/yes", true);
      writer.boolean("/g/no", false);
      writer.booleans("/g/mask", { dtype: "uint8", shape: [2, 3], data: Uint8Array.of(1, 0, 0, 1, 1, 0) }, { gzip: 4 });
      writer.record("/g/record", { name: "ID", text: "S0000", length: 16 });
      writer.array("/g/empty", { dtype: "float64", shape: [0], data: new Float64Array(0) }, { gzip: 4 });
      writer.softLink("/soft", "/g/text");
      writer.softLink("/broken", "/nowhere");
      writer.externalLink("/away", { file: "missing.h5", target: "/" });
    });
    using file = openHdf5(`${folder}/x.h5`);
    assert.equal(file.read("/g/text"), "h\u00e4/\n");
    assert.equal(file.read("g/none"), "");
    assert.equal(file.read("/g/yes"), true);
    assert.equal(file.read("/g/no"), false);
    assert.deepEqual(file.readArray("/g/mask").data, Uint8Array.of(1, 0, 0, 1, 1, 0));
    assert.equal(file.info("/g/mask").type.kind, "boolean");
    assert.deepEqual(file.readRecord("/g/record"), { ID: "S0000" });
    assert.deepEqual(file.shape("/g/empty"), [0]);
    assert.equal(file.read("/soft"), "h\u00e4/\n");
    assert.deepEqual(file.attributes("/g"), { type: "dict" });
    assert.equal(file.attribute("/g", "missing"), undefined);
    assert.equal(file.has("/broken"), false);
    const kinds = hdf5Tree(file).children.map((node) => [node.name, node.kind, node.link?.kind]);
    assert.deepEqual(kinds, [["away", "broken", "external"], ["broken", "broken", "soft"], ["g", "group", undefined], [
      "soft",
      "dataset",
      "soft",
    ]]);
  }),
);

Deno.test(
  "frames and boxes are read by range, across chunks",
  inFolder((folder) => {
    const whole = counting("int32", [11, 4, 3]);
    writeHdf5(`${folder}/x.h5`, (writer) => {
      writer.createFrames("/frames", { dtype: "int32", shape: [5, 4, 3], chunks: [2, 4, 3], gzip: 1, growing: true });
      writer.writeFrames("/frames", 0, { ...whole, shape: [5, 4, 3], data: whole.data.slice(0, 60) });
      writer.growTo("/frames", [11, 4, 3]);
      writer.writeFrames("/frames", 5, { ...whole, shape: [6, 4, 3], data: whole.data.slice(60) });
    });
    using file = openHdf5(`${folder}/x.h5`);
    assert.deepEqual(file.readArray("frames").data, whole.data);
    assert.deepEqual(file.readFrames("frames", 3, 8).data, whole.data.slice(36, 96));
    assert.deepEqual(file.readFrames("frames", 4, 4).shape, [0, 4, 3]);
    const box = file.readRegion("frames", { offset: [2, 1, 1], count: [2, 2, 1] });
    assert.deepEqual([...box.data], [2, 3].flatMap((f) => [1, 2].map((y) => whole.data[(f * 4 + y) * 3 + 1])));
    assert.throws(() => file.readFrames("frames", 9, 12), /found 11 frames/);
  }),
);

Deno.test(
  "a file of many data sets, for which it is closed and opened again meanwhile, comes back whole",
  inFolder((folder) => {
    const frames = counting("float32", [6, 3, 5]);
    writeHdf5(`${folder}/x.h5`, (writer) => {
      writer.group("/many");
      writer.createFrames("/frames", { dtype: "float32", shape: [2, 3, 5], gzip: 4, growing: true });
      for (let i = 0; i < 200; i++) {
        writer.array(`/many/array ${i}`, counting("int32", [1 + i % 7]), { gzip: 4 });
        writer.attribute(`/many/array ${i}`, "number", `${i}`);
        writer.text(`/many/text ${i}`, `text ${i}`);
        writer.boolean(`/many/boolean ${i}`, i % 3 === 0);
      }
      writer.growTo("/frames", [6, 3, 5]);
      writer.writeFrames("/frames", 0, frames);
    });
    using file = openHdf5(`${folder}/x.h5`);
    assert.equal(file.keys("/many").length, 600);
    for (let i = 0; i < 200; i++) {
      assert.deepEqual(file.readArray(`/many/array ${i}`).data, counting("int32", [1 + i % 7]).data);
      assert.equal(file.attribute(`/many/array ${i}`, "number"), `${i}`);
      assert.equal(file.read(`/many/text ${i}`), `text ${i}`);
      assert.equal(file.read(`/many/boolean ${i}`), i % 3 === 0);
    }
    assert.deepEqual(file.readArray("/frames").data, frames.data);
  }),
);

/** A frame of 1.5 MB: it is neither one chunk nor one box. */
const LARGE = [2, 600, 640] as const;

Deno.test(
  "frames larger than a box are cut into chunks of rows, and come back whole and by range",
  inFolder((folder) => {
    const whole = counting("float32", LARGE);
    writeHdf5(`${folder}/x.h5`, (writer) => {
      writer.array("/zipped", whole, { gzip: 1 });
      writer.array("/plain", whole);
      writer.array("/one chunk a frame", whole, { gzip: 1, chunks: [1, 600, 640] });
    });
    using file = openHdf5(`${folder}/x.h5`);
    assert.deepEqual(file.info("/zipped").chunks, [1, 102, 640]);
    for (const name of ["/zipped", "/plain", "/one chunk a frame"]) {
      assert.deepEqual(file.readArray(name).data, whole.data, name);
      assert.deepEqual(file.readFrames(name, 1, 2).data, whole.data.slice(600 * 640), name);
      const box = file.readRegion(name, { offset: [0, 3, 1], count: [2, 1, 2] }).data;
      assert.deepEqual([...box], [0, 600].flatMap((row) => [1, 2].map((x) => whole.data[(row + 3) * 640 + x])), name);
    }
  }),
);

Deno.test(
  "an array that is made while it is written is asked for box after box and comes back whole",
  inFolder((folder) => {
    const sizes: number[] = [];
    const value = (frame: number, y: number, x: number) => 1000 * frame + y - x / 1000;
    writeHdf5(`${folder}/x.h5`, (writer) =>
      writer.arrayInParts("/made", {
        dtype: "float64",
        shape: LARGE,
        part({ offset: [frame, y], count }) {
          sizes.push(sizeOf(count));
          return Float64Array.from(
            { length: sizeOf(count) },
            (_, i) => value(frame!, y! + Math.floor(i / 640), i % 640),
          );
        },
      }, { gzip: 1 }));
    assert.ok(sizes.every((size) => 8 * size <= 2 ** 20) && sizes.reduce((a, b) => a + b) === sizeOf(LARGE));
    using file = openHdf5(`${folder}/x.h5`);
    const { shape, data } = file.readArray("/made");
    assert.deepEqual(shape, [...LARGE]);
    assert.ok((data as Float64Array).every((found, i) => {
      const line = Math.floor(i / 640);
      return found === value(Math.floor(line / 600), line % 600, i % 640);
    }));
  }),
);

Deno.test(
  "an attribute behind an external link is read from the right file",
  inFolder((folder) => {
    Deno.mkdirSync(`${folder}/sub`);
    writeHdf5(`${folder}/sub/part.h5`, (writer) => {
      // Other attributes before it, so that its text lies elsewhere than in the main file.
      for (let i = 0; i < 9; i++) writer.attribute("/", `long name ${i}`, "some text ".repeat(i + 1));
      writer.array("/data", counting("int16", [3]));
      writer.attribute("/data", "type", "array");
      writer.attribute("/", "type", "dict");
    });
    writeHdf5(`${folder}/sub/main.h5`, (writer) => {
      writer.attribute("/", "ctime", "x");
      writer.externalLink("/part", { file: "part.h5", target: "/" });
    });
    using file = openHdf5(`${folder}/sub/main.h5`);
    assert.equal(file.attribute("/part/data", "type"), "array");
    assert.equal(file.attribute("/part", "type"), "dict");
    assert.deepEqual(toNumbers(file.readArray("/part/data")), toNumbers(counting("int16", [3])));
  }),
);

Deno.test(
  "a writer that is not committed leaves nothing, and one that fails names the file",
  inFolder((folder) => {
    {
      using writer = new Hdf5Writer(`${folder}/x.h5`);
      writer.group("/g");
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    assert.throws(
      () => writeHdf5(`${folder}/x.h5`, (writer) => writer.group("/no/such/parent")),
      (error) => isPtychoError(error, "DataError") && error.message.includes("x.h5"),
    );
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }),
);

const WRONG = [
  { path: "/entry/dataa", says: /found no "dataa" in group "\/entry", expected a data set; did you mean "data"/ },
  { path: "/entri/data", says: /found no "entri" in group "\/"/ },
  { path: "/entry", says: /found a group, expected a data set/ },
  { path: "/entry/text", says: /found string, expected numbers/ },
];
for (const { path, says } of WRONG) {
  Deno.test(
    `readArray("${path}") says what is there instead`,
    inFolder((folder) => {
      writeHdf5(`${folder}/x.h5`, (writer) => {
        writer.group("/entry");
        writer.array("/entry/data", counting("int8", [2]));
        writer.text("/entry/text", "t");
      });
      using file = openHdf5(`${folder}/x.h5`);
      assert.throws(() => file.readArray(path), (error) => error instanceof DataError && says.test(error.message));
    }),
  );
}

Deno.test(
  "openHdf5() says of every unusable file what it is and what to do",
  inFolder((folder) => {
    writeHdf5(`${folder}/good.h5`, (writer) => writer.array("/x", counting("float64", [2000])));
    const good = Deno.readFileSync(`${folder}/good.h5`);
    const wrong: [string, Uint8Array, RegExp][] = [
      ["empty.h5", new Uint8Array(0), /found an empty file/],
      ["text.h5", new TextEncoder().encode("hello, this is text"), /found other content \(first bytes "hello/],
      ["npy.h5", Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0, 0), /NumPy \.npy/],
      ["zeros.h5", new Uint8Array(4096), /damaged or truncated/],
      [
        "half.h5",
        good.subarray(0, good.length / 2),
        new RegExp(`truncated file of ${good.length / 2} bytes, expected ${good.length}`),
      ],
      ["last.h5", good.subarray(0, good.length - 1), /truncated file/],
      ["start.h5", good.subarray(0, 60), /truncated|damaged/],
      ["eight.h5", good.subarray(0, 8), /truncated|damaged/],
      ["four.h5", good.subarray(0, 4), /truncated|damaged/],
    ];
    for (const [name, bytes, says] of wrong) {
      Deno.writeFileSync(`${folder}/${name}`, bytes);
      assert.throws(() => openHdf5(`${folder}/${name}`), (error) => {
        assert.ok(error instanceof DataError, name);
        assert.match(error.message, says, name);
        assert.ok(error.message.includes(name) && !error.message.includes("\n"), name);
        return true;
      });
    }
    assert.throws(() => openHdf5(folder), /found a folder/);
    assert.throws(() => openHdf5(`${folder}/god.h5`), /found no such file; did you mean "good\.h5"/);
    assert.throws(() => openHdf5("/dev/null"), /found a device or pipe/);
  }),
);

Deno.test(
  "a folder that goes while a file is written is named in a DataError",
  inFolder((folder) => {
    const path = `${folder}/gone/x.h5`;
    const write = () =>
      writeHdf5(path, (writer) => {
        writer.boolean("yes", true);
        Deno.removeSync(`${folder}/gone`, { recursive: true });
      });
    assert.throws(
      write,
      (e) => isPtychoError(e, "DataError") && (e as DataError).message.startsWith(`Cannot write "${path}": `),
    );
  }),
);
