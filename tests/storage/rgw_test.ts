/** Artifacts in a real object store, Ceph's RADOS Gateway: what every store must do, real signatures, and a server that dies. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { isPtychoError } from "../../core/errors.ts";
import { openPack } from "../../core/formats/array_pack.ts";
import { createPack } from "../../core/formats/array_pack_writer.ts";
import { fetchText, keysBelow, publishText, testStore } from "../../functions/artifact_store_cases.ts";
import { bringBucketFile, listBucketFiles } from "../../functions/bucket_files.ts";
import { below } from "../../functions/data_root.ts";
import { createS3Artifacts, type S3Artifacts, type S3ArtifactSettings } from "../../functions/s3_artifacts.ts";
import { createS3Client } from "../../functions/s3_client.ts";
import { type CuttingProxy, startCuttingProxy } from "./cutting_proxy.ts";
import { type RgwServer, startRgw, whyNoRgw } from "./rgw_server.ts";

const BUCKET = "exitwave";

/** Three parts. */
const LARGE = (2 * 64 << 20) + 1000;

const skipped = whyNoRgw();
let started: RgwServer | undefined;

if (!skipped) {
  Deno.test.beforeAll(async () => {
    started = await startRgw();
    const client = createS3Client({ ...started.settings, bucket: BUCKET, prefix: "" });
    await client.call({ method: "PUT", name: "", purpose: "make the bucket", expect: [200] }, () => {});
  });
  Deno.test.afterAll(async () => await started?.[Symbol.asyncDispose]());
}

function rgw(): RgwServer {
  assert.ok(started);
  return started;
}

/** A bucket's part of its own for each test, and stores in it. */
interface Place {
  readonly store: S3Artifacts;
  /** A connection to the server that can be cut. */
  readonly proxy: CuttingProxy;
  /** Another store in the same place, with a cache of its own. */
  open(settings?: Partial<S3ArtifactSettings>): S3Artifacts;
}

async function withStore(use: (place: Place) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  await using proxy = startCuttingProxy(rgw().port);
  using stores = new DisposableStack();
  const prefix = crypto.randomUUID();
  const open = (settings: Partial<S3ArtifactSettings> = {}): S3Artifacts => {
    const place = { ...rgw().settings, bucket: BUCKET, prefix, cacheFolder: folder, cacheBytes: 1e9 };
    return stores.use(createS3Artifacts({ ...place, ...settings }));
  };
  try {
    await use({ store: open(), proxy, open });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function test(criterion: string, use: (place: Place) => Promise<void>): void {
  const name = `S3 store on Ceph: ${criterion}${skipped ? ` (skipped: ${skipped})` : ""}`;
  Deno.test({ name, ignore: skipped !== null, fn: () => withStore(use) });
}

const CONTENT = [1, 2].map((seed) =>
  new Uint8Array(Uint32Array.from({ length: LARGE / 4 }, (_, i) => Math.imul(i + seed, 2654435761)).buffer)
);

const publishLarge = (store: S3Artifacts, key: string, which: 0 | 1 = 0): Promise<boolean> =>
  store.publish(key, (path) => Deno.writeFileSync(path, CONTENT[which]!, { createNew: true }));

/** Which of the contents an artifact has, null if there is none. Half a content fails. */
async function fetchLarge(store: S3Artifacts, key: string): Promise<0 | 1 | null> {
  using artifact = await store.fetch(key);
  if (artifact === null) return null;
  const bytes = Deno.readFileSync(artifact.path);
  const which = CONTENT.findIndex((content) => Buffer.compare(bytes, content) === 0);
  assert.ok(which === 0 || which === 1, `${bytes.length} bytes of neither`);
  return which;
}

function isDataError(says: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isPtychoError(error, "DataError"), String(error));
    assert.match(error.message, says);
    assert.doesNotMatch(
      JSON.stringify([error.message, error.fields, String(error.cause)]),
      /secret|EXITWAVEKEY|Signature=/,
    );
    return true;
  };
}

testStore({ name: "S3 store on Ceph", skipped, withStore: (use) => withStore(({ store }) => use(store)) });

test("wrong keys and buckets are named, and no secret", async ({ open }) => {
  const wrong = open({ secretKey: "another-secret" });
  await assert.rejects(publishText(wrong, "x", "1"), isDataError(/found HTTP 403; check the keys and their rights/));
  await assert.rejects(keysBelow(wrong, ""), isDataError(/found HTTP 403 \(SignatureDoesNotMatch\)/));
  await assert.rejects(
    open({ bucket: "no-such-bucket" }).has("x"),
    isDataError(/found HTTP 404; check that the bucket exists/),
  );
});

test("of many stores that publish at once exactly one wins, small or large, and nothing of the others stays", async ({ store, open }) => {
  const stores = Array.from({ length: 6 }, () => open());
  for (let round = 0; round < 5; round++) {
    const won = await Promise.all(stores.map((each, i) => publishText(each, `small-${round}`, `${i}`)));
    assert.equal(won.filter((w) => w).length, 1);
    assert.equal(await fetchText(store, `small-${round}`), `${won.indexOf(true)}`);
  }
  const won = await Promise.all([publishLarge(stores[0]!, "large", 0), publishLarge(stores[1]!, "large", 1)]);
  assert.deepEqual(won.toSorted(), [false, true]);
  assert.equal(await fetchLarge(store, "large"), won.indexOf(true));
  assert.deepEqual(await store.removeLeftOvers(-60_000), []);
});

test("a pack of arrays comes back with its hash, by ranges, and is removed with its parts", async ({ store, open }) => {
  const data = new Float32Array(LARGE / 4).map((_, i) => i);
  let hash = "";
  await store.publish("run/state.pack", (path) => {
    using pack = createPack(path, "test");
    pack.add("a", { dtype: "float32", shape: [data.length], data });
    pack.finish({ iteration: 3 });
    using written = openPack(path);
    hash = written.hash;
  });
  const other = open();
  {
    using artifact = await other.fetch("run/state.pack");
    using pack = openPack(artifact!.path);
    assert.equal(pack.hash, hash);
    assert.equal(Buffer.compare(new Uint8Array(pack.read("a").data.buffer), new Uint8Array(data.buffer)), 0);
    const [info] = await Array.fromAsync(other.list("run/"));
    assert.deepEqual([info!.key, info!.bytes], ["run/state.pack", artifact!.bytes]);
  }
  await other.remove("run/state.pack");
  assert.equal(await store.fetch("run/state.pack"), null);
  assert.deepEqual(await store.removeLeftOvers(-60_000), []);
});

test("uploads and downloads go on after broken connections", async ({ store, proxy, open }) => {
  const cut = open({ endpoint: `http://127.0.0.1:${proxy.port}` });
  proxy.cut = ({ direction, bytes }) => direction === "up" && bytes > 30e6 && proxy.cuts < 3;
  assert.equal(await publishLarge(cut, "x"), true);
  assert.equal(proxy.cuts, 3);
  assert.equal(await fetchLarge(store, "x"), 0);
  proxy.cut = ({ direction, bytes }) => direction === "down" && bytes > 8e6;
  await publishLarge(store, "y", 1);
  assert.equal(await fetchLarge(cut, "y"), 1);
  assert.ok(proxy.cuts > 3 + 10, `${proxy.cuts} cuts`);
});

for (const megabytes of [1, 70, 134]) {
  test(`a gateway killed after ${megabytes} MB of an upload and started again: the upload completes`, async ({ store, proxy, open }) => {
    let restarted: Promise<void> | undefined;
    const sent = new Map<number, number>();
    proxy.cut = ({ connection, direction, bytes }) => {
      if (direction === "up") sent.set(connection, bytes);
      if (sum(sent) > megabytes * 1e6) restarted ??= rgw().tell("kill").then(() => rgw().tell("start"));
      return false;
    };
    assert.equal(await publishLarge(open({ endpoint: `http://127.0.0.1:${proxy.port}` }), "x"), true);
    assert.ok(restarted !== undefined);
    await restarted;
    assert.equal(await fetchLarge(open(), "x"), 0);
    assert.equal(await publishLarge(store, "x", 1), false);
    assert.deepEqual(await keysBelow(store, ""), ["x"]);
  });
}

test("a gateway killed in mid-upload that stays away fails the upload in words; nothing is seen of it, a second one succeeds", async ({ store, proxy, open }) => {
  let killed: Promise<void> | undefined;
  proxy.cut = ({ direction, bytes }) => {
    if (direction === "up" && bytes > 40e6) killed ??= rgw().tell("kill");
    return false;
  };
  const impatient = open({
    endpoint: `http://127.0.0.1:${proxy.port}`,
    patience: { attempts: 3, firstPauseMs: 10, silenceMs: 10_000 },
  });
  const says =
    /^Cannot publish artifact "x" in "http:.*": found no connection \(3 attempts\); check that the object store runs/;
  await assert.rejects(publishLarge(impatient, "x"), isDataError(says));
  await killed;
  await rgw().tell("start");
  assert.equal(await store.has("x"), false);
  assert.equal(await fetchLarge(store, "x"), null);
  assert.deepEqual(await keysBelow(store, ""), []);
  assert.equal(await publishLarge(store, "x", 1), true);
  assert.equal(await fetchLarge(open(), "x"), 1);
  // The parts of the first are still there, and can be found.
  const removed = await store.removeLeftOvers(-60_000);
  assert.equal(removed.length, 1);
  assert.match(removed[0]!, /^~data\/x~/);
  assert.equal(await fetchLarge(open(), "x"), 1);
});

test("a gateway that freezes is given up; what it does when it wakes overwrites nothing", async ({ store, open }) => {
  const impatient = open({ patience: { attempts: 2, firstPauseMs: 10, silenceMs: 500 } });
  assert.equal(await store.has("x"), false);
  let frozen = false;
  const publish = impatient.publish("x", async (path) => {
    Deno.writeTextFileSync(path, "from the one who gave up");
    await rgw().tell("freeze");
    frozen = true;
  });
  await assert.rejects(publish, isDataError(/found no answer \(2 attempts\)/));
  assert.ok(frozen);
  await rgw().tell("thaw");
  const won = await publishText(store, "x", "second");
  assert.equal(await fetchText(open(), "x"), won ? "second" : "from the one who gave up");
  assert.equal(await publishText(store, "x", "third"), false);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(await fetchText(open(), "x"), won ? "second" : "from the one who gave up");
});

function sum(counts: ReadonlyMap<number, number>): number {
  return [...counts.values()].reduce((a, b) => a + b, 0);
}

test("new objects are listed with the ETag by which they are fetched, also with odd names", async () => {
  const openBucket = (bucket: string) => createS3Client({ ...rgw().settings, bucket, prefix: "" });
  const folder = `raw-${crypto.randomUUID()}/`;
  const { signal } = new AbortController();
  const put = async (text: string): Promise<void> => {
    const name = `${folder}a/scan%201 & 2.h5`.split("/").map(encodeURIComponent).join("/");
    const body = new TextEncoder().encode(text);
    await openBucket(BUCKET).call({ method: "PUT", name, body, purpose: "put", expect: [200] }, () => {});
  };
  const list = () => listBucketFiles({ bucket: BUCKET, folder, pattern: "**/*.h5" }, { openBucket, signal });
  const root = Deno.realPathSync(Deno.makeTempDirSync());
  try {
    assert.deepEqual(await list(), []);
    for (const text of ["first", "second"]) {
      await put(text);
      const [{ path, stamp } = assert.fail("nothing was found")] = await list();
      assert.equal(path, `s3://${BUCKET}/${folder}a/scan%201 & 2.h5`);
      const bring = () =>
        bringBucketFile({ address: path, stamp, into: "in" }, { openBucket, files: below(root), signal });
      assert.equal(Deno.readTextFileSync(`${root}/${await bring()}`), text);
      await put(`${text}, replaced`);
      Deno.removeSync(`${root}/in`, { recursive: true });
      assert.equal(await bring(), null);
    }
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});
