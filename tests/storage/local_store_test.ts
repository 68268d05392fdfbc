/** The local store between processes: raced, killed, and on a full disk. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../../core/errors.ts";
import { openPack } from "../../core/formats/array_pack.ts";
import { createPack } from "../../core/formats/array_pack_writer.ts";
import { fetchText, keysBelow, publishText } from "../../functions/artifact_store_cases.ts";
import { createLocalArtifacts } from "../../functions/local_artifacts.ts";
import { inFolder } from "../end_to_end/command_line.ts";
import { mountSmallDisk } from "../formats/small_disk.ts";
import { startLines } from "./process_lines.ts";

const BYTES = 4 << 20;

/** A process that uses the store in `folder`, once it is ready; see store_process.ts. */
async function startProcess(folder: string, work: string) {
  const root = join(import.meta.dirname!, "../..");
  const process = startLines(Deno.execPath(), [
    ...["run", "--quiet", "--config", join(root, "deno.json"), "--allow-read", "--allow-write"],
    ...[join(import.meta.dirname!, "store_process.ts"), folder, "a/x", work],
  ]);
  assert.equal(await process.line(), "ready");
  return process;
}

/** Size of the small disk. */
const DISK = "400k";

Deno.test(
  "of processes that publish a key at once exactly one wins, and the content is its own, whole",
  inFolder(async (folder) => {
    const letters = ["A", "B", "C"];
    const processes = await Promise.all(letters.map((letter) => startProcess(folder, `publish:${letter}`)));
    await Promise.all(processes.map((process) => process.say("go")));
    const won = await Promise.all(processes.map((process) => process.line()));
    await Promise.all(processes.map((process) => process.stop()));
    assert.deepEqual(won.toSorted(), ["false", "false", "true"]);
    const text = await fetchText(createLocalArtifacts(folder), "a/x");
    assert.ok(text === letters[won.indexOf("true")]!.repeat(BYTES));
    assert.deepEqual([...Deno.readDirSync(`${folder}/~new`)], []);
  }),
);

Deno.test(
  "a process killed in the middle of publishing leaves nothing under the key, and a temporary file for an hour",
  inFolder(async (folder) => {
    const process = await startProcess(folder, "half:A");
    await process.say("go");
    assert.equal(await process.line(), "half");
    await process.stop();
    const store = createLocalArtifacts(folder);
    assert.equal(await store.has("a/x"), false);
    assert.equal(await store.fetch("a/x"), null);
    assert.deepEqual(await keysBelow(store, ""), []);
    const [left, ...more] = [...Deno.readDirSync(`${folder}/~new`)];
    assert.deepEqual(more, []);
    assert.equal(await publishText(store, "a/x", "again"), true);
    Deno.utimeSync(`${folder}/~new/${left!.name}`, 0, Date.now() / 1000 - 3700);
    createLocalArtifacts(folder);
    assert.deepEqual([...Deno.readDirSync(`${folder}/~new`)], []);
    assert.equal(await fetchText(store, "a/x"), "again");
  }),
);

Deno.test(
  "killed at any moment, a process has published everything or nothing",
  inFolder(async (folder) => {
    for (const [i, delay] of [0, 1, 2, 3, 4, 5, 6, 8, 10, 15].entries()) {
      const process = await startProcess(`${folder}/${i}`, "publish:A");
      await process.say("go");
      await new Promise((resolve) => setTimeout(resolve, delay));
      await process.stop();
      const store = createLocalArtifacts(`${folder}/${i}`);
      const text = await fetchText(store, "a/x");
      assert.ok(text === null || text === "A".repeat(BYTES), `killed after ${delay} ms: ${text?.length} bytes`);
      assert.equal(await publishText(store, "a/x", "again"), text === null);
    }
  }),
);

Deno.test(
  "what a process holds is kept while it lives, though the artifact is removed, and goes when it was killed",
  inFolder(async (folder) => {
    const store = createLocalArtifacts(folder);
    await publishText(store, "a/x", "content");
    const process = await startProcess(folder, "hold");
    await process.say("go");
    const path = await process.line();
    await store.remove("a/x");
    createLocalArtifacts(folder);
    assert.equal(Deno.readTextFileSync(path), "content");
    await process.stop();
    createLocalArtifacts(folder);
    assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
  }),
);

Deno.test({
  name:
    "a full disk is named, nothing is left on it, and what was there stays (skipped where a disk cannot be mounted)",
  ignore: !hasSmallDisk(),
  async fn() {
    using disk = mountSmallDisk(DISK)!;
    const { folder } = disk;
    const store = createLocalArtifacts(folder);
    const publish = (key: string, numbers: number): Promise<boolean> =>
      store.publish(key, (path) => {
        using pack = createPack(path, "test");
        pack.add("a", { dtype: "float32", shape: [numbers], data: new Float32Array(numbers).fill(1) });
        pack.finish({});
      });
    assert.equal(await publish("a/first", 10_000), true);
    const isFull = (error: unknown): boolean =>
      isPtychoError(error, "DataError") && /found no space left on the disk; free some space/.test(error.message);
    await assert.rejects(publish("a/second", 200_000), isFull);
    await assert.rejects(store.publish("a/third", (path) => Deno.writeFileSync(path, new Uint8Array(1e6))), isFull);
    assert.deepEqual(await keysBelow(store, ""), ["a/first"]);
    assert.deepEqual([...Deno.readDirSync(`${folder}/~new`)], []);
    assert.equal(await publish("a/second", 50_000), true);
    using artifact = await store.fetch("a/first");
    using pack = openPack(artifact!.path);
    assert.equal(pack.read("a").data[9999], 1);
  },
});

function hasSmallDisk(): boolean {
  using disk = mountSmallDisk(DISK);
  return disk !== null;
}
