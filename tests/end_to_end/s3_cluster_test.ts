/** A server and two workers that share a bucket of a real object store, with a journal instead of a Restate server. */

import assert from "node:assert/strict";
import { createS3Client } from "../../functions/s3_client.ts";
import { startRgw, whyNoRgw } from "../storage/rgw_server.ts";
import { startCluster } from "./cluster.ts";
import { inFolder } from "./command_line.ts";
import { until } from "./orchestrator_suite.ts";
import { resultsIn } from "./run_results.ts";

const BUCKET = "exitwave";

const ENGINES = { a: { name: "DM", numiter: 20, numiter_contiguous: 2, probe_support: null } };

const skipped = whyNoRgw();

Deno.test({
  name: `cluster on Ceph: a worker is killed, and the runs go on at the other from what is in the bucket${
    skipped ? ` (skipped: ${skipped})` : ""
  }`,
  ignore: skipped !== null,
  // Connections that fetch keeps for later are no leaks.
  sanitizeResources: false,
  sanitizeOps: false,
  fn: inFolder(async (folder) => {
    await using rgw = await startRgw();
    const { endpoint, region, accessKey, secretKey } = rgw.settings;
    const client = createS3Client({ ...rgw.settings, bucket: BUCKET, prefix: "" });
    await client.call({ method: "PUT", name: "", purpose: "make the bucket", expect: [200] }, () => {});
    await using cluster = await startCluster(folder, {
      shared: { s3: { endpoint, region, bucket: BUCKET } },
      env: { EXITWAVE_S3_ACCESS_KEY: accessKey, EXITWAVE_S3_SECRET_KEY: secretKey },
    });
    const { workers, server, submit, view, place } = cluster;
    const ended = (id: string) => until(() => view(id), ({ status }) => status === "done" || status === "failed");
    const calm = await submit(1, ENGINES);
    assert.equal((await ended(calm)).status, "done", server.log());
    const ids = await Promise.all([0, 0].map((home) => submit(home, ENGINES)));
    await Promise.all(ids.map((id) => until(() => view(id), ({ progress }) => progress?.iterations >= 4)));
    await workers[0]!.kill();
    for (const id of ids) {
      assert.equal((await ended(id)).status, "done", server.log());
      assert.deepEqual(resultsIn(place(id)), resultsIn(place(calm)));
    }
    for (const { log } of [server, ...workers]) assert.doesNotMatch(log(), new RegExp(secretKey));
    assert.throws(() => Deno.statSync(`${folder}/artifacts`), Deno.errors.NotFound);
  }),
});
