/** New objects of a bucket: found by prefix and pattern, known by content, copied whole to where a run reads them. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { BUCKET, type FakeS3, startFakeS3 } from "../tests/storage/fake_s3.ts";
import { bringBucketFile, bucketPlace, listBucketFiles, type OpenBucket } from "./bucket_files.ts";
import { below } from "./data_root.ts";
import { createS3Client } from "./s3_client.ts";

const { signal } = new AbortController();

interface Place {
  readonly server: FakeS3;
  readonly root: string;
  readonly openBucket: OpenBucket;
  put(name: string, text: string): void;
}

async function withBucket(use: (place: Place) => Promise<void>): Promise<void> {
  await using server = startFakeS3();
  const root = Deno.realPathSync(Deno.makeTempDirSync());
  try {
    await use({
      server,
      root,
      openBucket: (bucket) =>
        createS3Client({
          endpoint: `http://127.0.0.1:${server.port}`,
          bucket,
          prefix: "",
          region: "us-east-1",
          accessKey: "ACCESS",
          secretKey: "SECRET",
          patience: { attempts: 2, firstPauseMs: 1, silenceMs: 5000 },
        }),
      put(name, text) {
        const bytes = new TextEncoder().encode(text);
        const etag = `"${text.length}-${text.slice(0, 3)}"`;
        server.objects.set(name, { bytes, etag, modified: new Date(1000 * text.length), meta: [] });
      },
    });
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

Deno.test("bucketPlace() reads s3://bucket/folder and nothing else", () => {
  assert.deepEqual(bucketPlace("s3://data/raw/2026"), { bucket: "data", folder: "raw/2026/" });
  assert.deepEqual(bucketPlace("s3://data/raw/"), { bucket: "data", folder: "raw/" });
  assert.deepEqual(bucketPlace("s3://data"), { bucket: "data", folder: "" });
  for (const other of ["raw", "/raw", "s3:/data", "s3:///x", "http://data/raw"]) assert.equal(bucketPlace(other), null);
});

Deno.test("listBucketFiles() finds objects over all pages of a list, by pattern, with another stamp for another content", () =>
  withBucket(async ({ openBucket, put }) => {
    for (const name of ["raw/a.h5", "raw/b.h5", "raw/c/d & e.h5", "raw/x.txt", "rawer/a.h5", "a.h5"]) put(name, "abc");
    for (const name of ["raw/.hidden.h5", "raw/~data/k.h5", "raw/../up.h5", "raw/a//b.h5", "raw/t.h5.part"]) {
      put(name, "abc");
    }
    put("raw/empty.h5", "");
    const list = (pattern = "**/*.h5") =>
      listBucketFiles({ ...bucketPlace(`s3://${BUCKET}/raw`)!, pattern }, { openBucket, signal });
    const found = await list();
    const paths = ["a.h5", "b.h5", "c/d & e.h5"].map((name) => `s3://${BUCKET}/raw/${name}`);
    assert.deepEqual(found.map(({ path }) => path).sort(), paths);
    assert.deepEqual((await list("*.h5")).map(({ path }) => path), paths.slice(0, 2));
    assert.deepEqual([found[0]!.stamp, found[0]!.modified, found[0]!.isWhole()], ['"3-abc"', 3000, true]);
    put("raw/a.h5", "abcd");
    assert.notEqual((await list())[0]!.stamp, found[0]!.stamp);
    assert.deepEqual(
      await listBucketFiles({ bucket: BUCKET, folder: "none/", pattern: "**" }, { openBucket, signal }),
      [],
    );
  }));

Deno.test("bringBucketFile() copies an object once, into a folder for its content, also one with an odd name", () =>
  withBucket(async ({ server, openBucket, put, root }) => {
    const bring = (address: string, stamp: string) =>
      bringBucketFile({ address, stamp, into: "incoming" }, { openBucket, files: below(root), signal });
    const address = `s3://${BUCKET}/raw/d & e?#%20.h5`;
    put("raw/d & e?#%20.h5", "abc");
    const first = await bring(address, '"3-abc"');
    assert.match(first!, /^incoming\/[0-9a-f]{16}\/d & e\?#%20\.h5$/);
    assert.equal(Deno.readTextFileSync(join(root, first!)), "abc");
    const calls = server.calls.length;
    assert.equal(await bring(address, '"3-abc"'), first);
    assert.equal(server.calls.length, calls);
    put("raw/d & e?#%20.h5", "other");
    const second = await bring(address, '"5-oth"');
    assert.equal(Deno.readTextFileSync(join(root, second!)), "other");
    assert.equal(Deno.readTextFileSync(join(root, first!)), "abc");
  }));

Deno.test("bringBucketFile() brings nothing that was replaced or removed, and leaves nothing when the store is away", () =>
  withBucket(async ({ server, openBucket, put, root }) => {
    const bring = () =>
      bringBucketFile({ address: `s3://${BUCKET}/a.h5`, stamp: '"3-abc"', into: "in" }, {
        openBucket,
        files: below(root),
        signal,
      });
    assert.equal(await bring(), null);
    put("a.h5", "other");
    assert.equal(await bring(), null);
    put("a.h5", "abc");
    server.fault = ({ method }) => method === "GET" ? { status: 503 } : undefined;
    await assert.rejects(bring(), /HTTP 503/);
    const left = [...Deno.readDirSync(root)].flatMap(({ name }) =>
      [...Deno.readDirSync(join(root, name))].flatMap((entry) => [...Deno.readDirSync(join(root, name, entry.name))])
    );
    assert.deepEqual(left, []);
    server.fault = () => undefined;
    assert.equal(Deno.readTextFileSync(join(root, (await bring())!)), "abc");
  }));
