/** What is submitted may be so large and no larger, on whichever way it comes. Over HTTP, without a socket. */

import assert from "node:assert/strict";
import { smallTree } from "../functions/stages/testing.ts";
import { openTestServer } from "./server_testing.ts";

Deno.test("runs, simulations, runs of a batch and schedules of too many frames are refused before anything is kept", async () => {
  await using server = openTestServer({ limits: { frames: 11 } });
  const { call } = server;
  const parameters = smallTree();
  const trigger = { cron: "0 0 1 1 *" };
  const requests: [string, Record<string, unknown>][] = [
    ["/v1/runs", { parameters }],
    ["/v1/simulations", { parameters }],
    ["/v1/batches", { parameters, vary: { "scans.MF.data.num_frames": [9, 12] } }],
    ["/v1/schedules", { id: "s", trigger, run: { parameters } }],
  ];
  for (const [path, body] of requests) {
    const { status, json } = await call("POST", path, { body });
    assert.deepEqual([status, json.error.tag, json.error.retry], [422, "ParameterError", false], path);
    assert.match(
      json.error.message,
      /^scans\.MF\.data: found 12 frames .* expected at most 11; see limits\.frames/,
      path,
    );
  }
  assert.deepEqual(await server.keys(""), []);
  const { json: { id } } = await call("POST", "/v1/runs", {
    body: {
      parameters: smallTree({
        scans: { MF: { name: "Full", data: { name: "MoonFlowerScan", num_frames: 9, shape: 32 } } },
      }),
    },
  });
  assert.equal((await server.ended(id)).status, "done");
});
