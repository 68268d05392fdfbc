/** The cache of downloaded artifacts: bounded, least recently used first, never what is held; one download for many. */

import assert from "node:assert/strict";
import { isPtychoError } from "../core/errors.ts";
import { type ArtifactCache, openArtifactCache, type WantedArtifact } from "./artifact_cache.ts";

/** Uses a cache of 100 bytes. */
async function withCache(use: (cache: ArtifactCache, folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    using cache = openArtifactCache(folder, 100);
    await use(cache, folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** An artifact of 40 bytes, and how often it was downloaded. */
function artifact(key: string, { bytes = 40, identity = "1" } = {}): WantedArtifact & { downloads: number } {
  const wanted = {
    ...{ key, identity, bytes, downloads: 0 },
    download: (path: string): Promise<void> => {
      wanted.downloads++;
      return Deno.writeTextFile(path, `${key}${identity}`.padEnd(bytes, "."));
    },
  };
  return wanted;
}

/** Obtains and releases; whether it had to be downloaded. */
async function obtain(
  cache: ArtifactCache,
  wanted: WantedArtifact & { downloads: number },
): Promise<"hit" | "download"> {
  const before = wanted.downloads;
  using local = await cache.obtain(wanted);
  assert.equal(Deno.readTextFileSync(local.path), `${wanted.key}${wanted.identity}`.padEnd(wanted.bytes, "."));
  assert.equal(local.bytes, wanted.bytes);
  return wanted.downloads === before ? "hit" : "download";
}

/** Names and total size of the files of the first cache below `folder`. */
function filesIn(folder: string): { names: string[]; bytes: number } {
  const names = [...Deno.readDirSync(`${folder}/cache-0`)].map(({ name }) => name);
  return { names, bytes: names.reduce((sum, name) => sum + Deno.statSync(`${folder}/cache-0/${name}`).size, 0) };
}

Deno.test("the least recently used goes when there is no room", () =>
  withCache(async (cache, folder) => {
    const [a, b, c] = [artifact("a"), artifact("b"), artifact("c")];
    assert.equal(await obtain(cache, a), "download");
    assert.equal(await obtain(cache, b), "download");
    assert.equal(await obtain(cache, a), "hit");
    assert.equal(await obtain(cache, c), "download");
    assert.equal(filesIn(folder).bytes, 80);
    assert.equal(await obtain(cache, a), "hit");
    assert.equal(await obtain(cache, b), "download");
  }));

Deno.test("what is held stays, beyond the bound if it must, and goes when it is released", () =>
  withCache(async (cache, folder) => {
    const held = await Promise.all(["a", "b", "c", "d"].map((key) => cache.obtain(artifact(key))));
    for (const { path } of held) assert.equal(Deno.statSync(path).size, 40);
    assert.equal(filesIn(folder).bytes, 160);
    held[0]![Symbol.dispose]();
    held[0]![Symbol.dispose]();
    assert.equal(filesIn(folder).bytes, 120);
    for (const local of held) local[Symbol.dispose]();
    assert.equal(filesIn(folder).bytes, 80);
    const huge = artifact("huge", { bytes: 1000 });
    assert.equal(await obtain(cache, huge), "download");
    assert.equal(filesIn(folder).bytes, 0);
  }));

Deno.test("room is made before a download, for all that run", () =>
  withCache(async (cache, folder) => {
    await obtain(cache, artifact("a"));
    await obtain(cache, artifact("b"));
    const go = Promise.withResolvers<void>();
    const slow = (key: string) => {
      const wanted = artifact(key);
      const download = (path: string, signal: AbortSignal) => go.promise.then(() => wanted.download(path, signal));
      return cache.obtain({ ...wanted, download });
    };
    const both = [slow("c"), slow("d")];
    assert.deepEqual(filesIn(folder).names, []);
    go.resolve();
    for (const local of await Promise.all(both)) local[Symbol.dispose]();
    assert.equal(filesIn(folder).bytes, 80);
  }));

Deno.test("several that want the same wait for one download, and each holds it", () =>
  withCache(async (cache) => {
    const a = artifact("a");
    const [first, second] = await Promise.all([cache.obtain(a), cache.obtain(a)]);
    assert.equal(a.downloads, 1);
    first![Symbol.dispose]();
    await Promise.all(["b", "c", "d"].map((key) => obtain(cache, artifact(key))));
    assert.equal(Deno.statSync(second!.path).size, 40);
    second![Symbol.dispose]();
  }));

Deno.test("a failed download is told to all who wait, leaves nothing, and is tried again", () =>
  withCache(async (cache, folder) => {
    const failure = new Error("no server");
    const wanted = {
      ...artifact("a"),
      download: (path: string) => Deno.writeTextFile(path, "half").then(() => Promise.reject(failure)),
    };
    const both = await Promise.allSettled([cache.obtain(wanted), cache.obtain(wanted)]);
    assert.deepEqual(both.map((result) => result.status === "rejected" && result.reason), [failure, failure]);
    assert.deepEqual(filesIn(folder).names, []);
    assert.equal(await obtain(cache, artifact("a")), "download");
  }));

Deno.test("a download goes on while one waits, and is ended by the last who leaves", () =>
  withCache(async (cache, folder) => {
    const [one, two] = [new AbortController(), new AbortController()];
    let ended: AbortSignal | undefined;
    const go = Promise.withResolvers<void>();
    const wanted = {
      ...artifact("a"),
      download: async (path: string, signal: AbortSignal) => {
        ended = signal;
        await Promise.race([go.promise, new Promise((resolve) => signal.addEventListener("abort", resolve))]);
        signal.throwIfAborted();
        await artifact("a").download(path, signal);
      },
    };
    const reason = new Error("enough");
    const waiting = [cache.obtain(wanted, one.signal), cache.obtain(wanted, two.signal)];
    one.abort(reason);
    await assert.rejects(waiting[0]!, (error) => error === reason);
    assert.equal(ended?.aborted, false);
    two.abort(reason);
    await assert.rejects(waiting[1]!, (error) => error === reason);
    assert.equal(ended?.aborted, true);
    const third = cache.obtain(wanted);
    go.resolve();
    using local = await third;
    assert.equal(Deno.statSync(local.path).size, 40);
    assert.equal(filesIn(folder).names.length, 1);
  }));

Deno.test("one who leaves just as the download ends holds nothing", () =>
  withCache(async (cache, folder) => {
    const controller = new AbortController();
    const a = artifact("a", { bytes: 1000 });
    const download = (path: string, signal: AbortSignal) => a.download(path, signal).then(() => controller.abort());
    await assert.rejects(cache.obtain({ ...a, download }, controller.signal));
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.deepEqual(filesIn(folder).names, []);
  }));

Deno.test("a download that nobody waits for cannot take the place of one that began later", () =>
  withCache(async (cache, folder) => {
    const controller = new AbortController();
    const [late, a] = [Promise.withResolvers<void>(), artifact("a")];
    // Deaf to its signal.
    const download = (path: string, signal: AbortSignal) => late.promise.then(() => a.download(path, signal));
    const first = cache.obtain({ ...a, download }, controller.signal);
    controller.abort();
    await assert.rejects(first);
    using local = await cache.obtain(a);
    late.resolve();
    await new Promise((resolve) => setTimeout(resolve, 10));
    await Promise.all(["b", "c", "d"].map((key) => obtain(cache, artifact(key))));
    assert.equal(Deno.statSync(local.path).size, 40);
    assert.ok(filesIn(folder).names.every((name) => !name.startsWith("~")));
  }));

Deno.test("a held artifact that was forgotten and comes back stays held", () =>
  withCache(async (cache) => {
    using local = await cache.obtain(artifact("a"));
    cache.forget("a");
    assert.equal(await obtain(cache, artifact("a")), "download");
    await Promise.all(["b", "c", "d"].map((key) => obtain(cache, artifact(key))));
    assert.equal(Deno.readTextFileSync(local.path).slice(0, 2), "a1");
  }));

Deno.test("forget() removes all contents of a key, what is held once it is released; other keys stay", () =>
  withCache(async (cache, folder) => {
    const bytes = 30;
    await obtain(cache, artifact("b", { bytes }));
    const held = await cache.obtain(artifact("a", { bytes }));
    cache.forget("a");
    assert.equal(Deno.readTextFileSync(held.path).slice(0, 2), "a1");
    assert.equal(await obtain(cache, artifact("a", { bytes, identity: "2" })), "download");
    held[Symbol.dispose]();
    assert.equal(filesIn(folder).bytes, 60);
    cache.forget("a");
    assert.equal(await obtain(cache, artifact("b", { bytes })), "hit");
    assert.equal(filesIn(folder).bytes, 30);
  }));

Deno.test("adopt() takes over a file", () =>
  withCache(async (cache, folder) => {
    const a = artifact("a");
    const path = cache.temporary();
    await a.download(path, new AbortController().signal);
    cache.adopt(a, path);
    a.downloads = 0;
    assert.equal(await obtain(cache, a), "hit");
    assert.equal(filesIn(folder).names.length, 1);
  }));

Deno.test("the next process finds what the last one left, in the order of use, without what was incomplete", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    {
      using cache = openArtifactCache(folder, 100);
      await obtain(cache, artifact("a"));
      await obtain(cache, artifact("b"));
      Deno.writeTextFileSync(cache.temporary(), "half");
    }
    for (const [i, name] of filesIn(folder).names.entries()) {
      if (!name.startsWith("~")) Deno.utimeSync(`${folder}/cache-0/${name}`, i, i);
    }
    using cache = openArtifactCache(folder, 100);
    assert.equal(filesIn(folder).bytes, 80);
    assert.equal(await obtain(cache, artifact("a")), "hit");
    assert.equal(await obtain(cache, artifact("c")), "download");
    assert.equal(await obtain(cache, artifact("a")), "hit");
    assert.equal(await obtain(cache, artifact("b")), "download");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a cache that is open is not shared: a second one has a subfolder of its own", () =>
  withCache(async (cache, folder) => {
    using second = openArtifactCache(folder, 100);
    await obtain(cache, artifact("a"));
    assert.equal(await obtain(second, artifact("a")), "download");
    assert.deepEqual([...Deno.readDirSync(`${folder}/cache-1`)].length, 1);
  }));

Deno.test("a file that was removed or cut short behind its back is downloaded again", () =>
  withCache(async (cache, folder) => {
    const a = artifact("a");
    await obtain(cache, a);
    const path = `${folder}/cache-0/${filesIn(folder).names[0]}`;
    Deno.truncateSync(path, 3);
    assert.equal(await obtain(cache, a), "download");
    Deno.removeSync(path);
    assert.equal(await obtain(cache, a), "download");
    assert.equal(await obtain(cache, a), "hit");
  }));

Deno.test("a folder that cannot be one is refused in words", () =>
  withCache((_, folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    const isNamed = (error: unknown): boolean => isPtychoError(error, "DataError") && error.message.includes("/file");
    assert.throws(() => openArtifactCache(`${folder}/file`, 100), isNamed);
    return Promise.resolve();
  }));
