/** The configuration of a server. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../core/errors.ts";
import { loadServerConfig, parseServerConfig, serverConfigSchema } from "./server_config.ts";

Deno.test("without a file everything is on this machine, below the current folder", () => {
  const { listen, data_root, state, artifacts, concurrency } = loadServerConfig(null, []);
  const here = Deno.cwd();
  assert.deepEqual({ listen, data_root, state, artifacts, concurrency }, {
    listen: { host: "127.0.0.1", port: 8642 },
    data_root: here,
    state: join(here, ".exitwave"),
    artifacts: join(here, ".exitwave/artifacts"),
    concurrency: 1,
  });
});

Deno.test("folders are relative to the file, and overrides go over it", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const file = join(folder, "server.yaml");
    Deno.writeTextFileSync(file, "data_root: data\nstate: /var/lib/exitwave\nlisten: {port: 1}\n");
    const { data_root, state, artifacts, listen } = loadServerConfig(file, ["listen.port=0", "concurrency=2"]);
    assert.deepEqual({ data_root, state, artifacts, port: listen.port }, {
      data_root: join(folder, "data"),
      state: "/var/lib/exitwave",
      artifacts: "/var/lib/exitwave/artifacts",
      port: 0,
    });
    assert.equal(parseServerConfig({ artifacts: "a" }, "/b").artifacts, "/b/a");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("all mistakes are told at once, with their paths", () => {
  assert.throws(() => parseServerConfig({ listen: { port: 70000, hst: "x" }, concurrency: 0 }, "/"), (e) => {
    assert.ok(isPtychoError(e, "ParameterError"));
    const paths = (e.fields.issues as { path: string }[]).map(({ path }) => path);
    assert.deepEqual(paths.sort(), ["concurrency", "listen", "listen.port"]);
    return true;
  });
});

Deno.test("every setting has a description", () => {
  const without: string[] = [];
  const look = (schema: Record<string, unknown>, path: string) => {
    const properties = schema.properties as Record<string, Record<string, unknown>> | undefined;
    if (properties === undefined) return void (schema.description === undefined && without.push(path));
    for (const [name, inner] of Object.entries(properties)) look(inner, `${path}.${name}`);
  };
  look(serverConfigSchema(), "");
  assert.deepEqual(without, []);
});

Deno.test("settings that need or exclude each other are told", () => {
  const remote = { host: "0.0.0.0" };
  const key = "publickeyv1_2G8dCQhArfvGpzPw5Vx2ALciR4xCLHfS5YaT93XjNxX9";
  const s3 = { endpoint: "https://s3.example.org/", bucket: "exitwave" };
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ artifacts: "a", s3 }, /^s3: found an object store beside artifacts/],
    [{ fallback_workers: ["http://a:1"] }, /^fallback_workers: found no workers beside them/],
    [{ restate: {}, listen: remote }, /^restate\.identity_keys: found none while listening on 0\.0\.0\.0/],
    [{ workers: ["a:1"] }, /^workers\.0: Invalid URL/],
  ];
  for (const [tree, says] of cases) assert.throws(() => parseServerConfig(tree, "/"), { message: says });
  const config = parseServerConfig({ restate: { identity_keys: [key] }, listen: remote, s3 }, "/b");
  assert.deepEqual(config.s3, {
    endpoint: "https://s3.example.org",
    bucket: "exitwave",
    prefix: "",
    region: "us-east-1",
    cache: "/b/.exitwave/cache",
    cache_bytes: 20e9,
  });
  assert.equal(parseServerConfig({ restate: {} }, "/").restate?.ingress, "http://127.0.0.1:8080");
});
