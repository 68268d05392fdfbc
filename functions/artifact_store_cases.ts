/** What every artifact store must do: the cases that the tests of each store run. */

import assert from "node:assert/strict";
import type { ArtifactStore } from "./artifacts.ts";

/** A store to try. */
export interface StoreCase {
  readonly name: string;
  /** Uses a new store, in which nothing is, and removes it. */
  withStore(use: (store: ArtifactStore) => Promise<void>): Promise<void>;
  /** Why the cases are skipped, if they are. */
  readonly skipped?: string | null;
  /** False where a fetched file can go with its artifact. */
  readonly outlivesRemoval?: false;
}

/** Publishes text. */
export function publishText(store: ArtifactStore, key: string, text: string): Promise<boolean> {
  return store.publish(key, (path) => Deno.writeTextFileSync(path, text, { createNew: true }));
}

/** The text of an artifact, null if there is none. */
export async function fetchText(store: ArtifactStore, key: string): Promise<string | null> {
  using artifact = await store.fetch(key);
  if (artifact === null) return null;
  const text = Deno.readTextFileSync(artifact.path);
  assert.equal(artifact.bytes, new TextEncoder().encode(text).length);
  return text;
}

/** Keys below a prefix, in the order of the list. */
export async function keysBelow(store: ArtifactStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** Registers the cases as tests of a store. */
export function testStore({ name, withStore, skipped, outlivesRemoval }: StoreCase): void {
  const test = (criterion: string, use: (store: ArtifactStore) => Promise<void>): void => {
    Deno.test({
      name: `${name}: ${criterion}${skipped ? ` (skipped: ${skipped})` : ""}`,
      ignore: Boolean(skipped),
      fn: () => withStore(use),
    });
  };

  test("what was published is fetched, also if it is empty", async (store) => {
    assert.equal(await store.has("runs/a/x"), false);
    assert.equal(await store.fetch("runs/a/x"), null);
    assert.equal(await publishText(store, "runs/a/x", "content"), true);
    assert.equal(await store.has("runs/a/x"), true);
    assert.equal(await fetchText(store, "runs/a/x"), "content");
    assert.equal(await publishText(store, "empty", ""), true);
    assert.equal(await fetchText(store, "empty"), "");
    assert.equal(await store.has("runs/a"), false);
    assert.equal(await store.fetch("runs"), null);
  });

  test("a key is published once, and its content stays", async (store) => {
    assert.equal(await publishText(store, "x", "first"), true);
    assert.equal(await publishText(store, "x", "second"), false);
    assert.equal(await fetchText(store, "x"), "first");
  });

  test("of many that publish a key at once exactly one succeeds, and the content is its own", async (store) => {
    const won = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        store.publish("x", async (path) => {
          await Deno.writeTextFile(path, `${i}`.repeat(1000));
        })),
    );
    assert.deepEqual(won.filter((w) => w), [true]);
    assert.equal(await fetchText(store, "x"), `${won.indexOf(true)}`.repeat(1000));
  });

  test("nothing appears while write() works, nor if it fails; its error passes", async (store) => {
    const failure = new Error("stopped in the middle");
    const publish = store.publish("x", async (path) => {
      await Deno.writeTextFile(path, "half");
      assert.equal(await store.has("x"), false);
      assert.deepEqual(await keysBelow(store, ""), []);
      throw failure;
    });
    await assert.rejects(publish, (error) => error === failure);
    assert.equal(await store.has("x"), false);
    await assert.rejects(store.publish("x", () => {}), /Cannot publish "x": found no file after write\(\)/);
    assert.equal(await publishText(store, "x", "whole"), true);
  });

  test("list() gives keys in their order, with sizes and times, and what begins with the prefix", async (store) => {
    const keys = ["a-b", "a.b", "a/1", "a/10", "a/2", "a/b/c", "a0", "aa/x", "b"];
    for (const key of keys.toReversed()) await publishText(store, key, key);
    assert.deepEqual(await keysBelow(store, ""), keys);
    assert.deepEqual(await keysBelow(store, "a/"), ["a/1", "a/10", "a/2", "a/b/c"]);
    assert.deepEqual(await keysBelow(store, "a/1"), ["a/1", "a/10"]);
    assert.deepEqual(await keysBelow(store, "a/b"), ["a/b/c"]);
    assert.deepEqual(await keysBelow(store, "c"), []);
    for await (const { key, bytes, modified } of store.list("")) {
      assert.equal(bytes, key.length);
      // Two machines may disagree by so much.
      assert.ok(Math.abs(modified.getTime() - Date.now()) < 3_600_000);
    }
  });

  test("remove() removes one key, is harmless if it is gone, and the key can be published again", async (store) => {
    await publishText(store, "a/x", "1");
    await publishText(store, "a/y", "2");
    await store.remove("a/x");
    await store.remove("a/x");
    await store.remove("a");
    assert.equal(await store.has("a/x"), false);
    assert.equal(await store.fetch("a/x"), null);
    assert.deepEqual(await keysBelow(store, ""), ["a/y"]);
    assert.equal(await publishText(store, "a/x", "3"), true);
    assert.equal(await fetchText(store, "a/x"), "3");
  });

  test("a fetched file stays until it is disposed of, even if the artifact is removed and published anew", async (store) => {
    await publishText(store, "x", "old");
    const artifact = await store.fetch("x");
    await store.remove("x");
    await publishText(store, "x", "new");
    assert.equal(await fetchText(store, "x"), "new");
    if (outlivesRemoval ?? true) assert.equal(Deno.readTextFileSync(artifact!.path), "old");
    artifact![Symbol.dispose]();
    artifact![Symbol.dispose]();
    assert.equal(await fetchText(store, "x"), "new");
  });

  test("a wrong key is a RangeError everywhere", async (store) => {
    for (const key of ["", "../x", "a//b", "a~b", "/etc/passwd"]) {
      await assert.rejects(publishText(store, key, ""), RangeError);
      await assert.rejects(store.fetch(key), RangeError);
      await assert.rejects(store.has(key), RangeError);
      await assert.rejects(store.remove(key), RangeError);
    }
    await assert.rejects(keysBelow(store, "../"), RangeError);
  });

  test("a signal that was given ends fetch() with its reason", async (store) => {
    await publishText(store, "x", "1");
    const reason = new Error("enough");
    await assert.rejects(store.fetch("x", AbortSignal.abort(reason)), (error) => error === reason);
  });
}
