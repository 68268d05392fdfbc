/** The artifact store that a configuration names. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openArtifacts } from "./open_artifacts.ts";
import { parseServerConfig } from "./server_config.ts";

const S3 = { endpoint: "http://127.0.0.1:1", bucket: "exitwave" };

const KEYS: Record<string, string> = { EXITWAVE_S3_ACCESS_KEY: "a", EXITWAVE_S3_SECRET_KEY: "hidden" };

Deno.test("openArtifacts() takes a folder unless there is an object store, whose keys come from the environment alone", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const environment = (name: string) => KEYS[name];
    using local = openArtifacts(parseServerConfig({}, folder), () => undefined);
    await local.publish("a", (path) => Deno.writeTextFileSync(path, "1"));
    assert.ok(Deno.statSync(join(folder, ".exitwave/artifacts/a")).isFile);
    using remote = openArtifacts(parseServerConfig({ s3: S3 }, folder), environment);
    assert.ok("removeLeftOvers" in remote && Deno.statSync(join(folder, ".exitwave/cache")).isDirectory);
    for (const missing of Object.keys(KEYS)) {
      const open = () =>
        openArtifacts(parseServerConfig({ s3: S3 }, folder), (name) => name === missing ? "" : KEYS[name]);
      assert.throws(open, (error) => {
        assert.equal(`${error}`.includes("hidden"), false);
        assert.match(`${error}`, new RegExp(`${missing}: found no such variable`));
        return true;
      });
    }
    const wrong = () => openArtifacts(parseServerConfig({ s3: { ...S3, bucket: "UPPER" } }, folder), environment);
    assert.throws(wrong, /s3: Cannot use an object store: found bucket "UPPER"/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
