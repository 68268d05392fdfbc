/** The description of all that a server serves is valid OpenAPI 3.1, complete, and has a page of its own. */

import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { STAGES } from "../functions/stages/mod.ts";
import { openTestServer, type TestServer } from "./server_testing.ts";

const inServer = (test: (server: TestServer) => Promise<void>) => async () => {
  await using server = openTestServer();
  await test(server);
};

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly responses: Readonly<Record<string, { readonly description?: string }>>;
}

Deno.test(
  "the description is valid OpenAPI 3.1, and every operation has a summary, a section and its errors",
  inServer(async ({ call }) => {
    const { status, json } = await call("GET", "/v1/openapi.json");
    assert.equal(status, 200);
    const { valid, errors } = await new Validator().validate(json);
    assert.deepEqual([valid, errors, json.openapi], [true, undefined, "3.1.0"]);
    const wrong = Object.entries(json.paths).flatMap(([path, operations]) =>
      Object.entries(operations as Record<string, Operation>).flatMap(([method, { summary, tags, responses }]) => {
        const isWhole = summary !== undefined && tags?.length === 1 && Object.keys(responses).some((s) => s >= "4");
        return isWhole ? [] : [`${method} ${path}`];
      })
    );
    assert.deepEqual(wrong, []);
  }),
);

Deno.test(
  "stages, runs, simulations, batches, uploads and schedules are all in it",
  inServer(async ({ call }) => {
    const { paths } = (await call("GET", "/v1/openapi.json")).json;
    for (const { name } of STAGES) assert.ok(paths[`/v1/stages/${name}`].post, name);
    for (
      const path of [
        ...["runs", "runs/{id}", "runs/{id}/events", "runs/{id}/preview.png", "runs/{id}/result", "runs/{id}/log"],
        ...["simulations", "batches", "batches/{id}", "batches/{id}/table.csv", "uploads", "schedules"],
      ]
    ) assert.ok(paths[`/v1/${path}`], path);
  }),
);

Deno.test(
  "its page, style and script come from the server, and may load nothing from elsewhere",
  inServer(async ({ request }) => {
    const page = await request("GET", "/v1/docs");
    assert.match(page.headers.get("content-security-policy")!, /default-src 'none'; script-src 'self'/);
    const html = await page.text();
    const [, ...files] = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, file]) => file!);
    assert.deepEqual(new Set(files), new Set(["docs/page.css", "openapi.json", "docs/page.js"]));
    for (const [file, type] of [["docs/page.css", "text/css"], ["docs/page.js", "text/javascript"]] as const) {
      const response = await request("GET", `/v1/${file}`);
      assert.deepEqual([response.status, response.headers.get("content-type")], [200, `${type}; charset=utf-8`]);
      assert.ok(!/https?:|\/\/[a-z]/.test((await response.text()).replaceAll(/^\/\*\*.*$|^ *\/\/ .*$/gm, "")), file);
    }
  }),
);
