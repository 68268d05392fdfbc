/** HDF5 files of every kind, from other people's libraries: each opens, or is refused with one sentence. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { inspectCommand } from "../../cli/inspect.ts";
import { isPtychoError } from "../../core/errors.ts";
import { type Hdf5File, openHdf5 } from "../../core/formats/hdf5.ts";
import { type Hdf5Node, hdf5Tree } from "../../core/formats/hdf5_tree.ts";
import { toNumbers } from "../../core/formats/hdf5_values.ts";
import { sizeOf } from "../../kernels/nd_array.ts";

const FOLDER = join(dirname(dirname(dirname(import.meta.dirname!))), "shared/data/odd_files/hdf5_jhdf");
const FILES = filesOf(FOLDER);

/** Left open by a writer that crashed: the HDF5 library itself refuses it. */
const REFUSED = ["test_byteshuffle_compressed_datasets_latest.hdf5"];

for (const name of FILES) {
  Deno.test(`${name} opens or is refused with one sentence`, async () => {
    const path = join(FOLDER, name);
    if (REFUSED.includes(name)) {
      assert.throws(() => openHdf5(path), (error) => isPtychoError(error, "DataError") && isSentence(error.message));
      return;
    }
    using file = openHdf5(path);
    readAll(file, hdf5Tree(file));
    for (const option of ["--all", "--json"]) {
      const text = await inspect(path, option);
      if (option === "--json") assert.equal(JSON.parse(text).file, path);
      else assert.ok(text.startsWith(name));
    }
  });
}

Deno.test({
  name: `values of odd files are right (skipped where ../shared/data/odd_files is absent)`,
  ignore: FILES.length === 0,
  fn() {
    const numbers = (name: string, dataset: string): number[] => {
      using file = openHdf5(join(FOLDER, name));
      return [...toNumbers(file.readArray(dataset))];
    };
    const counting = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
    const expected: [string, string, number][] = [
      ["test_compressed_chunked_datasets_earliest.hdf5", "/float/float32", 35],
      ["test_chunked_datasets_latest.hdf5", "/float/float16", 105],
      ["fletcher32_datasets_latest.hdf5", "/int/int8", 35],
      ["chunked_v4_datasets.hdf5", "/btree_v2/float64", 15],
      ["implicit_index_datasets.hdf5", "/implicit_index_mismatch", 50],
    ];
    for (const [name, dataset, count] of expected) {
      assert.deepEqual(numbers(name, dataset), counting(count), `${name} ${dataset}`);
    }
    const [plus, minus, nan] = numbers("float_special_values_earliest.hdf5", "/float16");
    assert.deepEqual([plus, minus, nan], [Infinity, -Infinity, NaN]);
  },
});

Deno.test({
  name: "soft, external and broken links are shown (skipped where ../shared/data/odd_files is absent)",
  ignore: FILES.length === 0,
  async fn() {
    const text = await inspect(join(FOLDER, "test_file.hdf5"), "--all");
    assert.match(text, /broken_soft_link\s+-> \/datasets_group\/int\/missing_dataset {2}\(leads nowhere\)/);
    assert.match(
      text,
      /external_link_to_missing_file?\s+-> missing_file\.hdf5 : \/external_dataset {2}\(leads nowhere\)/,
    );
    assert.match(text, /-> test_file_ext\.hdf5 : /);
  },
});

/** Reads every data set below a node; what cannot be read must say so in one sentence. */
function readAll(file: Hdf5File, node: Hdf5Node): void {
  if (node.kind === "dataset" && node.info?.shape && sizeOf(node.info.shape) < 1e6) {
    try {
      if (file.readRecord(node.path) === null) file.read(node.path);
    } catch (error) {
      assert.ok(isPtychoError(error, "DataError"), `${node.path}: ${error}`);
      assert.ok(isSentence(error.message), error.message);
    }
  }
  for (const child of node.children) readAll(file, child);
}

function isSentence(message: string): boolean {
  return /^Cannot (open|read) ".*": found .+/.test(message) && !message.includes("\n");
}

async function inspect(path: string, option: string): Promise<string> {
  let text = "";
  const io = {
    out: (part: string) => void (text += part),
    err: () => {},
    isTerminal: false,
    signal: new AbortController().signal,
  };
  await inspectCommand(io).exitOverride().parseAsync([path, option], { from: "user" });
  return text;
}

function filesOf(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
  } catch {
    return [];
  }
}
