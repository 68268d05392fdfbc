/** Artifacts in a bucket: published once and whole, whatever the server and the network do. Against a small server of our own. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { isPtychoError } from "../core/errors.ts";
import { type CuttingProxy, startCuttingProxy } from "../tests/storage/cutting_proxy.ts";
import { BUCKET, type FakeS3, startFakeS3 } from "../tests/storage/fake_s3.ts";
import { fetchText, keysBelow, publishText, testStore } from "./artifact_store_cases.ts";
import { createS3Artifacts, type S3Artifacts, type S3ArtifactSettings } from "./s3_artifacts.ts";

/** More than one part and one range. */
const LARGE = (64 << 20) + 1000;

interface Place {
  readonly store: S3Artifacts;
  readonly server: FakeS3;
  readonly proxy: CuttingProxy;
  /** Another store in the same bucket, with a cache of its own. */
  open(settings?: Partial<S3ArtifactSettings>): S3Artifacts;
}

/** A store, its server, and a connection between them that can be cut. */
async function withStore(use: (place: Place) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  await using server = startFakeS3();
  await using proxy = startCuttingProxy(server.port);
  using stores = new DisposableStack();
  const open = (settings: Partial<S3ArtifactSettings> = {}): S3Artifacts =>
    stores.use(createS3Artifacts({
      endpoint: `http://127.0.0.1:${proxy.port}`,
      bucket: BUCKET,
      prefix: "some/prefix",
      region: "us-east-1",
      accessKey: "ACCESS",
      secretKey: "SECRET",
      cacheFolder: `${folder}/cache`,
      cacheBytes: 1e9,
      patience: { attempts: 4, firstPauseMs: 1, silenceMs: 20_000 },
      ...settings,
    }));
  try {
    await use({ store: open(), server, proxy, open });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function large(seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(LARGE / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + seed, 2654435761);
  return new Uint8Array(words.buffer);
}

const publishLarge = (store: S3Artifacts, key: string, content: Uint8Array): Promise<boolean> =>
  store.publish(key, (path) => Deno.writeFileSync(path, content, { createNew: true }));

async function fetchBytes(store: S3Artifacts, key: string): Promise<Uint8Array> {
  using artifact = await store.fetch(key);
  return Deno.readFileSync(artifact!.path);
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function isDataError(says: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isPtychoError(error, "DataError"), String(error));
    assert.match(error.message, says);
    assert.doesNotMatch(JSON.stringify([error.message, error.fields, String(error.cause)]), /SECRET|ACCESS|Signature/);
    return true;
  };
}

testStore({ name: "S3 store", withStore: (use) => withStore(({ store }) => use(store)) });

Deno.test("a small artifact is one object under prefix and key, put only if there is none", () =>
  withStore(async ({ store, server }) => {
    let condition: string | null = null;
    server.fault = ({ method, headers }) => {
      if (method === "PUT") condition = headers.get("if-none-match");
      return undefined;
    };
    await publishText(store, "a/x", "1");
    assert.deepEqual([...server.objects.keys()], ["some/prefix/a/x"]);
    assert.equal(condition, "*");
  }));

Deno.test("a busy server is asked again", () =>
  withStore(async ({ store, open, server }) => {
    for (const status of [503, 500, 429, 409]) {
      let failures = 2;
      server.fault = ({ name }) => name.includes("x-") && failures-- > 0 ? { status } : undefined;
      assert.equal(await publishText(store, `x-${status}`, "1"), true);
      failures = 2;
      assert.equal(await fetchText(open(), `x-${status}`), "1");
      assert.ok(failures < 0);
    }
  }));

Deno.test("a server that stays busy or refuses is named with its code, the key, and no secret", () =>
  withStore(async ({ store, server }) => {
    const busy = "<Error><Code>SlowDown</Code><StringToSign>Signature ACCESS</StringToSign></Error>";
    const where = `"http://127\\.0\\.0\\.1:\\d+/${BUCKET}"`;
    server.fault = ({ method }) => method === "PUT" ? { status: 503, text: busy } : undefined;
    const says = new RegExp(
      `^Cannot publish artifact "a/x" in ${where}: found HTTP 503 \\(SlowDown\\) \\(4 attempts\\);`,
    );
    await assert.rejects(publishText(store, "a/x", "1"), isDataError(says));
    assert.equal(server.calls.filter((call) => call.startsWith("PUT")).length, 4);
    server.fault = () => ({ status: 403, text: "<Code>AccessDenied</Code>" });
    await assert.rejects(keysBelow(store, ""), isDataError(/found HTTP 403 \(AccessDenied\); check the keys/));
    await assert.rejects(store.fetch("a/x"), isDataError(/^Cannot read artifact "a\/x" in .*found HTTP 403; check/));
    server.fault = () => ({ status: 301 });
    await assert.rejects(store.has("a/x"), isDataError(/found HTTP 301; check the endpoint and the region/));
  }));

Deno.test("a bucket that does not exist is not taken for an empty one", () =>
  withStore(async ({ open }) => {
    const store = open({ bucket: "no-such-bucket" });
    const attempts = [
      () => store.has("x"),
      () => store.fetch("x"),
      () => store.remove("x"),
      () => publishText(store, "x", "1"),
      () => keysBelow(store, ""),
    ];
    for (const attempt of attempts) {
      await assert.rejects(attempt(), isDataError(/found HTTP 404.*; check that the bucket exists/));
    }
  }));

Deno.test("a server that is not there is named after some attempts", () =>
  withStore(async ({ open }) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const endpoint = `http://127.0.0.1:${listener.addr.port}`;
    listener.close();
    await assert.rejects(
      open({ endpoint }).has("x"),
      isDataError(/found no connection \(4 attempts\); check that the object/),
    );
  }));

Deno.test("a server that answers nothing, or nothing more, is given up and asked again", () =>
  withStore(async ({ store, open, server, proxy }) => {
    await publishLarge(store, "x", large(1));
    const other = open({ patience: { attempts: 3, firstPauseMs: 1, silenceMs: 300 } });
    server.fault = () => ({ status: 200, isFrozen: true });
    await assert.rejects(other.has("y"), isDataError(/found no answer \(3 attempts\)/));
    server.fault = () => undefined;
    let frozen = 0;
    proxy.freeze = ({ direction, bytes }) => direction === "down" && bytes > 3e6 && frozen++ < 2;
    // A machine with much else to do may be silent of its own: that is asked again too.
    const patient = open({ patience: { attempts: 10, firstPauseMs: 1, silenceMs: 1000 } });
    assert.ok(isEqual(await fetchBytes(patient, "x"), large(1)));
    assert.ok(frozen >= 2);
  }));

Deno.test("an answer that got lost after the object was put counts as published, by who put it", () =>
  withStore(async ({ store, open, server }) => {
    let isLost = false;
    server.fault = ({ method }) => {
      if (method !== "PUT" || isLost) return undefined;
      isLost = true;
      return { status: 500, isDone: true };
    };
    assert.equal(await publishText(store, "x", "1"), true);
    isLost = false;
    assert.equal(await publishText(open(), "x", "2"), false);
    assert.equal(await fetchText(store, "x"), "1");
    // Somebody else put it between two attempts.
    server.fault = ({ method, name }) => {
      if (method !== "PUT" || server.objects.has(name)) return undefined;
      server.objects.set(name, { ...server.objects.get("some/prefix/x")!, bytes: new Uint8Array(5) });
      return { status: 500 };
    };
    assert.equal(await publishText(store, "y", "mine"), false);
  }));

Deno.test("a large artifact goes up in parts, comes down in ranges, and is listed under its key with its size", () =>
  withStore(async ({ store, open, server }) => {
    const content = large(1);
    assert.equal(await publishLarge(store, "a/x", content), true);
    assert.equal(server.uploads.size, 0);
    assert.match(
      [...server.objects.keys()].sort().join(),
      /^some\/prefix\/a\/x,some\/prefix\/~data\/a\/x~[0-9a-f-]{36}$/,
    );
    const other = open();
    assert.ok(isEqual(await fetchBytes(other, "a/x"), content));
    const [info, ...more] = await Array.fromAsync(store.list(""));
    assert.deepEqual([info?.key, info?.bytes, more], ["a/x", LARGE, []]);
    assert.equal(await publishText(other, "a/x", "2"), false);
    await other.remove("a/x");
    assert.deepEqual([...server.objects.keys()], []);
  }));

Deno.test("of two that publish a large artifact at once one wins, and nothing of the other stays", () =>
  withStore(async ({ store, open, server }) => {
    // Both parts are complete before either is named: the server ignores the condition there.
    const both = [large(1), large(2)];
    const won = await Promise.all([publishLarge(store, "x", both[0]!), publishLarge(open(), "x", both[1]!)]);
    assert.deepEqual(won.toSorted(), [false, true]);
    assert.ok(isEqual(await fetchBytes(open(), "x"), both[won.indexOf(true)]!));
    assert.equal(server.objects.size, 2);
    assert.equal(server.uploads.size, 0);
  }));

Deno.test("a connection that breaks in the middle of a part is made again", () =>
  withStore(async ({ store, open, proxy }) => {
    const content = large(1);
    proxy.cut = ({ direction, bytes }) => direction === "up" && bytes > 20e6 && proxy.cuts < 2;
    assert.equal(await publishLarge(store, "x", content), true);
    assert.equal(proxy.cuts, 2);
    assert.ok(isEqual(await fetchBytes(open(), "x"), content));
  }));

Deno.test("a download goes on where a broken connection left it", () =>
  withStore(async ({ store, open, server, proxy }) => {
    const content = large(1);
    await publishLarge(store, "x", content);
    // More often than a request is tried: what brought something is no failure.
    proxy.cut = ({ direction, bytes }) => direction === "down" && bytes > 5e6;
    const calls = server.calls.length;
    assert.ok(isEqual(await fetchBytes(open(), "x"), content));
    assert.ok(proxy.cuts >= 10, `${proxy.cuts} cuts`);
    // From the beginning each time, it would never have ended; a range starts again at most once per cut.
    assert.ok(server.calls.length - calls <= proxy.cuts + 5);
  }));

Deno.test("an upload that fails leaves nothing that can be seen, frees its parts, and can be repeated", () =>
  withStore(async ({ store, open, server }) => {
    const content = large(1);
    for (
      const isBroken of [
        ({ query }: { query: URLSearchParams }) => query.get("partNumber") === "2",
        ({ method, query }: { method: string; query: URLSearchParams }) => method === "POST" && query.has("uploadId"),
      ]
    ) {
      server.fault = (call) => isBroken(call) ? { status: 503 } : undefined;
      await assert.rejects(
        publishLarge(store, "x", content),
        isDataError(/^Cannot publish artifact "x".*found HTTP 503/),
      );
      assert.equal(server.uploads.size, 0);
      assert.equal(server.objects.size, 0);
    }
    server.fault = () => undefined;
    assert.equal(await publishLarge(store, "x", content), true);
    assert.ok(isEqual(await fetchBytes(open(), "x"), content));
  }));

Deno.test("a completion whose answer got lost, or is an error with status 200, is judged by the object", () =>
  withStore(async ({ store, server }) => {
    const isCompletion = ({ method, query }: { method: string; query: URLSearchParams }): boolean =>
      method === "POST" && query.has("uploadId");
    let isLost = false;
    server.fault = (call) => {
      if (!isCompletion(call) || isLost) return undefined;
      isLost = true;
      return { status: 500, isDone: true };
    };
    assert.equal(await publishLarge(store, "x", large(1)), true);
    server.fault = (call) =>
      isCompletion(call) ? { status: 200, text: "<Error><Code>InternalError</Code></Error>" } : undefined;
    await assert.rejects(publishLarge(store, "y", large(1)), isDataError(/found 0 bytes after an upload of 67109864/));
    assert.equal(await store.has("y"), false);
    assert.equal(server.uploads.size, 0);
  }));

Deno.test("bytes that are missing or changed behind the store's back are named", () =>
  withStore(async ({ store, open, server }) => {
    await publishLarge(store, "x", large(1));
    const data = [...server.objects.keys()].find((name) => name.includes("~data"))!;
    const object = server.objects.get(data)!;
    server.objects.set(data, { ...object, bytes: object.bytes.subarray(0, 50e6) });
    await assert.rejects(open().fetch("x"), isDataError(/found another length; was it changed by another program\?/));
    server.objects.delete(data);
    await assert.rejects(open().fetch("x"), isDataError(/found nothing where its bytes should be/));
    await publishText(store, "y", "1");
    const small = server.objects.get("some/prefix/y")!;
    server.fault = ({ method, name }) => {
      if (method === "GET" && name.endsWith("/y")) server.objects.set(name, { ...small, etag: '"other"' });
      return undefined;
    };
    await assert.rejects(open().fetch("y"), isDataError(/found other content than a moment ago/));
    server.objects.set("some/prefix/z", { ...small, meta: [["x-amz-meta-exitwave-data", "../y"]] });
    await assert.rejects(open().fetch("z"), isDataError(/with other headers than it was published with/));
  }));

Deno.test("an artifact that is removed while it is fetched was not there", () =>
  withStore(async ({ store, open, server }) => {
    await publishText(store, "x", "1");
    server.fault = ({ method, name }) => {
      if (method === "GET") server.objects.delete(name);
      return undefined;
    };
    assert.equal(await open().fetch("x"), null);
  }));

Deno.test("fetch() ends at once with the reason of its signal, in mid-download", () =>
  withStore(async ({ store, open, server }) => {
    await publishLarge(store, "x", large(1));
    const controller = new AbortController();
    const reason = new Error("enough");
    server.fault = ({ method }) => {
      if (method === "GET") controller.abort(reason);
      return undefined;
    };
    const other = open();
    await assert.rejects(other.fetch("x", controller.signal), (error) => error === reason);
    server.fault = () => undefined;
    assert.ok(isEqual(await fetchBytes(other, "x"), large(1)));
  }));

Deno.test("what was published or fetched is not downloaded again, and a large artifact comes from the cache whole", () =>
  withStore(async ({ store, open, server }) => {
    await publishText(store, "x", "1");
    const downloads = (): number => server.calls.filter((call) => call.startsWith("GET")).length;
    await fetchText(store, "x");
    assert.equal(downloads(), 0);
    const other = open();
    for (let i = 0; i < 3; i++) assert.equal(await fetchText(other, "x"), "1");
    assert.equal(downloads(), 1);
    // Another content under the key is another artifact.
    await store.remove("x");
    await publishText(store, "x", "2");
    assert.equal(await fetchText(other, "x"), "2");
    assert.equal(downloads(), 2);
  }));

Deno.test("removeLeftOvers() removes old parts and bytes that no key names, and nothing else", () =>
  withStore(async ({ store, server }) => {
    await publishLarge(store, "kept", large(1));
    const old = new Date(Date.now() - 3_600_000);
    const orphan = (age: Date) => ({ bytes: new Uint8Array(1), etag: '"1"', modified: age, meta: [] });
    const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
    for (const [name, object] of server.objects) server.objects.set(name, { ...object, modified: old });
    server.objects.set(`some/prefix/~data/kept~${first}`, orphan(old));
    server.objects.set(`some/prefix/~data/gone~${first}`, orphan(old));
    server.objects.set(`some/prefix/~data/young~${second}`, orphan(new Date()));
    server.objects.set(`some/prefix/~data/foreign`, orphan(old));
    server.objects.set(`elsewhere/~data/gone~${first}`, orphan(old));
    for (const [i, begun] of [old, old, old, new Date()].entries()) {
      server.uploads.set(`${i}`, { name: `some/prefix/~data/u~${i}`, begun, parts: new Map() });
    }
    const kept = [...server.objects.keys()].filter((name) =>
      !name.startsWith("some/prefix/~data/gone") && !name.includes(`kept~${first}`)
    );
    const removed = await store.removeLeftOvers(1_800_000);
    assert.deepEqual(removed, ["~data/u~0", "~data/u~1", "~data/u~2", `~data/gone~${first}`, `~data/kept~${first}`]);
    assert.deepEqual([...server.objects.keys()], kept);
    assert.deepEqual([...server.uploads.keys()], ["3"]);
    assert.ok(isEqual(await fetchBytes(store, "kept"), large(1)));
  }));

Deno.test("settings that are none are refused, without repeating a password", () =>
  withStore(({ open }) => {
    const wrong: Partial<S3ArtifactSettings>[] = [
      { endpoint: "s3.example.org" },
      { endpoint: "ftp://s3.example.org" },
      { endpoint: "http://user:hunter2@s3.example.org" },
      { endpoint: "http://s3.example.org/?x=1" },
      { bucket: "" },
      { bucket: "a/b" },
      { prefix: "a/" },
      { prefix: "../a" },
      { cacheBytes: -1 },
      { cacheBytes: NaN },
    ];
    for (const settings of wrong) {
      assert.throws(() => open(settings), (e) =>
        e instanceof RangeError && !e.message.includes("hunter2"), JSON.stringify(settings));
    }
    return Promise.resolve();
  }));
