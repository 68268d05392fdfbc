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
