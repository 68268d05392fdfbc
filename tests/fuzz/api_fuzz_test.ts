/**
 * Anything is sent to every operation of the OpenAPI document: no answer is a mistake of ours, every answer is as the document says, nothing
 * outside the data root is touched, and the server works as before.
 *
 * `EXITWAVE_FUZZ_REQUESTS` sets how many requests in all, `EXITWAVE_FUZZ_SEED` which; a failure says the seed.
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { conformanceTo, type Operation, operationsOf } from "./document.ts";
import { type FuzzedServer, openFuzzedServer } from "./fuzzed_server.ts";
import { TINY } from "./parameter_trees.ts";
import { type FuzzRequest, requestFor, strayRequest } from "./requests.ts";

const REQUESTS = Number(Deno.env.get("EXITWAVE_FUZZ_REQUESTS") ?? 10_500);
const SEED = Number(Deno.env.get("EXITWAVE_FUZZ_SEED") ?? 20261125);

/** What ten thousand requests hear at least. */
const EVERY_STATUS = [200, 201, 202, 204, 206, 400, 403, 404, 409, 413, 415, 421, 422, 431, 501];

/** After so many requests what they started is ended. */
const TIDY_AFTER = 100;

Deno.test(`any request to every endpoint is answered as the document says (seed ${SEED})`, async (t) => {
  await using fuzzed = await openFuzzedServer();
  const { document } = fuzzed;
  const before = await reconstruct(fuzzed, "before");
  const conformance = conformanceTo(document);
  const operations = operationsOf(document);
  const share = Math.ceil(REQUESTS / (operations.length + 1));
  let tried = 0;
  const statuses = new Set<number>();

  async function tryOne(operation: Operation | null, request: FuzzRequest): Promise<void> {
    const failures = fuzzed.server.failures.length;
    const answer = await fuzzed.send(request);
    if (answer === null) return;
    statuses.add(answer.status);
    const said = fuzzed.server.failures.slice(failures).map((error) => error instanceof Error ? error.stack : error);
    assert.ok(answer.status !== 500, `${answer.text}\n${said.join("\n")}`);
    const asked = operation !== null && request.method === operation.method.toUpperCase() ? operation : null;
    if (asked !== null) conformance.check(asked, answer);
    if (++tried % TIDY_AFTER > 0) return;
    await fuzzed.tidy();
    assert.deepEqual(fuzzed.server.failures.slice(failures), [], "mistakes of ours in what the last requests started");
  }

  for (const operation of operations) {
    await t.step(`${operation.method.toUpperCase()} ${operation.path}`, async () => {
      const examples = ({ method, path }: Operation) => examplesOf(fuzzed, `${method} ${path}`);
      const request = requestFor(operation, { document, examples });
      await fc.assert(fc.asyncProperty(request, (request) => tryOne(operation, request)), {
        seed: SEED,
        numRuns: share,
      });
    });
  }
  await t.step("nothing that is described", async () => {
    await fc.assert(fc.asyncProperty(strayRequest, (request) => tryOne(null, request)), { seed: SEED, numRuns: share });
  });
  await t.step("nothing outside of the data root was touched", () => fuzzed.checkCanaries());
  await t.step("the server reconstructs as before, to the same bytes", async () => {
    await fuzzed.tidy();
    assert.deepEqual(await reconstruct(fuzzed, "after"), before);
  });
  await t.step("requests were of all kinds: right ones, and wrong ones in every way", () => {
    assert.ok(tried > 0.9 * REQUESTS, `${tried} of ${REQUESTS} requests`);
    if (REQUESTS >= 10_000) assert.deepEqual(EVERY_STATUS.filter((status) => !statuses.has(status)), []);
  });
});

/** Bodies that an operation takes. */
function examplesOf({ stageInputs }: FuzzedServer, operation: string): readonly unknown[] {
  const stage = /^post \/v1\/stages\/(\w+)$/.exec(operation)?.[1];
  // No run asks for an evaluation; it looks at states as pictures do.
  if (stage !== undefined) return stageInputs.get(stage === "evaluate" ? "plot" : stage) ?? [];
  const cron = { trigger: { cron: "0 0 1 1 *" }, run: { parameters: TINY } };
  const files = { trigger: { prefix: "incoming", settle: 0 }, run: { parameters: TINY, set: { "run": "{stem}" } } };
  return {
    "post /v1/runs": [{ parameters: TINY }, { parameters: TINY, name: "x", preview: 1, overwrite: true }],
    "post /v1/simulations": [{ parameters: TINY }],
    "post /v1/batches": [{ parameters: TINY, vary: { "engines.a.numiter": [1, 2] } }, { runs: [{ parameters: TINY }] }],
    "post /v1/schedules": [{ id: "one", ...cron }, { id: "two", ...files }],
    "put /v1/schedules/{id}": [cron, files],
  }[operation] ?? [];
}

/** What a run leaves, read. */
async function reconstruct({ server }: FuzzedServer, key: string) {
  const { json: { id } } = await server.call("POST", "/v1/runs", { body: { parameters: TINY }, key });
  const run = await server.ended(id);
  assert.equal(run.status, "done", JSON.stringify(run));
  const { obj, probe } = readPtyr(`${server.root}/runs/${id}/ePIE_0003.ptyr`);
  return { obj, probe };
}
