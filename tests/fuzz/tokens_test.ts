/** No operation of the OpenAPI document is done without a token that may do it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { isDescription } from "../../functions/api/viewer.ts";
import { guarded, openKeys } from "../../functions/guard/guard.ts";
import { roleNeeded } from "../../functions/guard/roles.ts";
import { ACCESS, REQUEST_LIMITS } from "../../functions/guard/settings.ts";
import { createToken } from "../../functions/guard/tokens.ts";
import { openTestServer } from "../../workflows/server_testing.ts";
import { conformanceTo, operationsOf } from "./document.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const LATER = new Date("2026-01-02T00:00:00Z");

Deno.test("every operation refuses callers without a token, with a wrong or old one, or with too low a role", async () => {
  await using server = openTestServer();
  const document = (await server.call("GET", "/v1/openapi.json")).json;
  const { check } = conformanceTo(document);
  const file = join(server.root, "../tokens.json");
  const token = (name: string, role: "read" | "submit", expires: Date | null = null) =>
    createToken(file, { name, role, expires, now: NOW });
  const [reader, submitter, old] = [
    token("reader", "read"),
    token("submitter", "submit"),
    token("old", "submit", LATER),
  ];
  const keys = openKeys(ACCESS.parse({}), { file, secret: undefined, now: () => new Date("2026-02-01T00:00:00Z") });
  const failed = (error: unknown) => assert.fail(String(error));
  const limits = z.object(REQUEST_LIMITS).parse({});
  const guard = guarded(server.app, { keys, limits, hosts: [], isOpen: isDescription, failed });

  for (const operation of operationsOf(document)) {
    const { method } = operation;
    const path = operation.path.replaceAll(/\{\w+\}/g, "a");
    const ask = async (authorization: string | null) => {
      const headers: Record<string, string> = authorization === null ? {} : { authorization };
      const { status, headers: sent, body } = await guard.request(path, { method: method.toUpperCase(), headers });
      const text = await new Response(body).text();
      if (status === 401 || status === 403) check(operation, { status, headers: sent, text });
      return status;
    };
    const wrong = [null, "", "Bearer", "Bearer xw_", `Bearer xw_${"0".repeat(43)}`, `Basic ${reader}`, `Bearer ${old}`];
    for (const header of wrong) assert.equal(await ask(header), 401, `${method} ${path} with ${header}`);
    const needed = roleNeeded({ method: method.toUpperCase(), path });
    for (const [role, own] of [["read", reader], ["submit", submitter]] as const) {
      const isRefused = await ask(`Bearer ${own}`) === 403;
      const isTooLow = needed === "admin" || (needed === "submit" && role === "read");
      assert.equal(isRefused, isTooLow, `${method} ${path} with the role ${role}`);
    }
  }
});
