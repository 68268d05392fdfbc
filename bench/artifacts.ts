/**
 * Rates of packs and of the local store: `deno run -A bench/artifacts.ts [FOLDER]` writes, publishes and reads 1 GiB five times
 * in FOLDER (the system's folder for temporary files if left out). What is read was just written, so that no disk is read.
 */

import { join } from "node:path";
import { openPack } from "../core/formats/array_pack.ts";
import { createPack } from "../core/formats/array_pack_writer.ts";
import { createLocalArtifacts } from "../functions/local_artifacts.ts";
import { median, print } from "./timing.ts";

const NUMBERS = 2 ** 28;
const REPEATS = 5;

const parent = Deno.args[0];
const folder = Deno.makeTempDirSync(parent === undefined ? {} : { dir: parent });
try {
  const store = createLocalArtifacts(join(folder, "store"));
  const data = new Float32Array(NUMBERS).map((_, i) => Math.sin(i));
  const frame = new Float32Array(2 ** 16);
  const rates = new Map<string, number[]>();
  const measure = async (name: string, work: () => void | Promise<void>): Promise<void> => {
    const start = performance.now();
    await work();
    rates.set(name, [...rates.get(name) ?? [], data.byteLength / 1e6 / (performance.now() - start)]);
  };
  const write = (path: string): void => {
    using pack = createPack(path, "bench");
    pack.add("a", { dtype: "float32", shape: [NUMBERS], data });
    pack.finish({});
  };
  const readFrames = (path: string): void => {
    using pack = openPack(path);
    for (let at = 0; at < NUMBERS; at += frame.length) pack.readInto("a", at, frame);
  };
  for (let i = 0; i < REPEATS; i++) {
    const path = join(folder, "pack");
    await measure("pack: hash, write, fsync", () => write(path));
    await measure("pack: read by 256 kB, check", () => readFrames(path));
    await measure("pack: read into an array, check", () => {
      using pack = openPack(path);
      pack.readInto("a", 0, data);
    });
    await measure("pack: read into a new array, check", () => {
      using pack = openPack(path);
      pack.read("a");
    });
    Deno.removeSync(path);
    await measure("store: publish a pack", async () => void await store.publish("a", write));
    await measure("store: fetch, read by 256 kB, check", async () => {
      using artifact = await store.fetch("a");
      readFrames(artifact!.path);
    });
    await store.remove("a");
  }
  for (const [name, values] of rates) {
    const [least, most] = [Math.min(...values), Math.max(...values)].map((rate) => rate.toFixed(2));
    print(`${name}: median ${median(values).toFixed(2)} GB/s, from ${least} to ${most}`);
  }
} finally {
  Deno.removeSync(folder, { recursive: true });
}
