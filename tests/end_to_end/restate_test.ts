/** What only runs over a Restate server have: workers that come and go, a server that does, signatures, and a person at its tools. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { DataError } from "../../core/errors.ts";
import { type Orchestrator, RunError, RunInterrupted, type Workflows } from "../../workflows/orchestrator.ts";
import { createRestateHandler } from "../../workflows/restate.ts";
import { registerRestateWorker } from "../../workflows/restate_client.ts";
import { createRestateOrchestrator } from "../../workflows/restate_orchestrator.ts";
import { inFolder } from "./command_line.ts";
import { pause, until, untilAborted } from "./orchestrator_suite.ts";
import { newRestateKey, publicKeyIn } from "./restate_keys.ts";
import { freePorts, hasRestateServer, type RestateProcess, startRestateServer } from "./restate_server.ts";

const PRESENT = hasRestateServer();

const STEP = { stepTimeoutMilliseconds: 20_000, identityKeys: [] };

test("a run that no worker can be found for is pending; cancelled, it ends when there is one, without a step", async ({ server, open }) => {
  const done: string[] = [];
  const one: Workflows = { one: (context) => context.step("a", () => Promise.resolve(done.push(context.id))) };
  const { orchestrator, stop, start } = await open(one);
  await stop();
  await orchestrator.submit("one", "first", { x: [1] });
  await orchestrator.submit("one", "second", { x: [2] });
  const first = (await orchestrator.view("first"))!;
  assert.deepEqual([first.status, first.input, first.workflow, first.steps], ["pending", { x: [1] }, "one", 0]);
  assert.deepEqual((await orchestrator.submit("one", "first", { x: [1] })).status, "pending");
  await assert.rejects(orchestrator.submit("one", "first", { x: [2] }), { reason: "conflict" });
  await orchestrator.cancel("second");
  await server.kill();
  await server.start();
  start();
  assert.equal((await orchestrator.result("first")).status, "done");
  const second = await orchestrator.result("second");
  assert.deepEqual([second.status, second.input, done], ["cancelled", { x: [2] }, ["first"]]);
});

test("a worker that stops asks its steps to end, refuses new work, and the run goes on at another", async ({ open }) => {
  const stopping = new AbortController();
  const log: string[] = [];
  const begun = Promise.withResolvers<void>();
  const workflowsOf = (worker: string): Workflows => ({
    async two(context) {
      const a = await context.step("a", () => Promise.resolve(log.push(`a at ${worker}`)));
      const b = await context.step("b", (signal) => {
        log.push(`b at ${worker}`);
        if (worker === "second") return Promise.resolve(2);
        begun.resolve();
        return untilAborted(signal, () => log.push((signal.reason as RunInterrupted).why));
      });
      return [a, b];
    },
  });
  const { orchestrator, use } = await open(workflowsOf("first"), { signal: stopping.signal });
  await orchestrator.submit("two", "r", null);
  await begun.promise;
  stopping.abort();
  const refused = createRestateHandler(workflowsOf("first"), { ...STEP, signal: stopping.signal });
  assert.equal((await refused(new Request("http://127.0.0.1/restate/discover"))).status, 503);
  use(workflowsOf("second"));
  assert.deepEqual((await orchestrator.result("r")).result, [1, 2]);
  assert.deepEqual(log, ["a at first", "b at first", "stopped", "b at second"]);
});

test("a step that ends although its worker stops is not done again elsewhere", async ({ open }) => {
  const stopping = new AbortController();
  const log: string[] = [];
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const workflowsOf = (worker: string): Workflows => ({
    async two(context) {
      await context.step("a", async () => {
        log.push(`a at ${worker}`);
        begun.resolve();
        await gate.promise;
      });
      await context.step("b", () => Promise.resolve(log.push(`b at ${worker}`)));
      return null;
    },
  });
  const { orchestrator, use } = await open(workflowsOf("first"), { signal: stopping.signal });
  await orchestrator.submit("two", "r", null);
  await begun.promise;
  stopping.abort();
  use(workflowsOf("second"));
  gate.resolve();
  assert.equal((await orchestrator.result("r")).status, "done");
  assert.deepEqual(log, ["a at first", "b at second"]);
});

test("a removed run leaves nothing at the server; nor does what a person purged there show in its successor", async ({ server, open }) => {
  let wrong = false;
  const { orchestrator } = await open({
    async say(context) {
      context.report({ wrong });
      if (wrong) throw new DataError("Wrong");
      await context.step("a", () => Promise.resolve(1));
      return null;
    },
  });
  const left = () =>
    query(server, "SELECT count(*) AS n FROM state WHERE service_key = 'r'").then(({ n }) => Number(n));
  for (const purged of [false, true]) {
    wrong = false;
    await orchestrator.submit("say", "r", null);
    await orchestrator.result("r");
    assert.ok(await left() > 0);
    if (purged) {
      await change(server, await invocationOf(server, "r"), "purge");
      await until(() => orchestrator.view("r"), (run) => run === null);
    } else {
      await orchestrator.remove("r");
      assert.equal(await left(), 0);
    }
    wrong = true;
    await orchestrator.submit("say", "r", null);
    const run = await until(() => orchestrator.view("r"), (view) => view?.status === "failed");
    assert.deepEqual([run!.steps, run!.progress], [0, { wrong }]);
    await orchestrator.remove("r");
  }
});

test("an attempt that the server gave up ends before the next begins in the same worker", async ({ server, open }) => {
  let [atWork, most, count] = [0, 0, 0];
  const begun = Promise.withResolvers<void>();
  const { orchestrator } = await open({
    slow: (context) =>
      context.step("slow", async (signal) => {
        most = Math.max(most, ++atWork);
        if (++count === 1) {
          begun.resolve();
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          // Longer than the server takes to come back and try again.
          await pause(3000);
        }
        atWork--;
        return count;
      }),
  });
  await orchestrator.submit("slow", "r", null);
  await begun.promise;
  await server.kill();
  await server.start();
  assert.equal((await orchestrator.result("r")).result, 2);
  assert.deepEqual([count, most], [2, 1]);
});

test("a run that a person paused is running and can be resumed", async ({ server, open }) => {
  const { orchestrator, gate, begun } = await openGated(open);
  await orchestrator.submit("gated", "r", null);
  await begun;
  const id = await pauseAfter(server, { run: "r", gate });
  const run = (await orchestrator.view("r"))!;
  assert.deepEqual([run.status, run.steps], ["running", 0]);
  await orchestrator.resume("r");
  assert.deepEqual((await orchestrator.result("r")).result, ["a", "b"]);
  assert.equal(await invocationOf(server, "r"), id);
});

test("a run that was cancelled while paused ends", async ({ server, open }) => {
  const { orchestrator, gate, begun } = await openGated(open);
  await orchestrator.submit("gated", "r", null);
  await begun;
  await pauseAfter(server, { run: "r", gate });
  await orchestrator.cancel("r");
  assert.equal((await orchestrator.result("r")).status, "cancelled");
});

test("a run that a person killed at the server is cancelled and can be resumed", async ({ server, open }) => {
  const done: string[] = [];
  const [begun, aborted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { orchestrator } = await open({
    async two(context) {
      await context.step("a", () => Promise.resolve(done.push("a")));
      return await context.step("b", (signal) => {
        if (done.push("b") === 3) return Promise.resolve(2);
        begun.resolve();
        return untilAborted(signal, aborted.resolve);
      });
    },
  });
  await orchestrator.submit("two", "r", null);
  await begun.promise;
  await change(server, await invocationOf(server, "r"), "kill");
  await aborted.promise;
  const run = await orchestrator.result("r");
  assert.deepEqual([run.status, run.steps], ["cancelled", 1]);
  await orchestrator.resume("r");
  assert.equal((await orchestrator.result("r")).result, 2);
  assert.deepEqual(done, ["a", "b", "b"]);
});

test("a workflow that a worker does not have fails the run", async ({ server, open }) => {
  const { orchestrator } = await open({ there: () => Promise.resolve(1) });
  await using other = createRestateOrchestrator({ ...server, workflows: ["missing"] });
  await other.submit("missing", "r", null);
  const { error } = await orchestrator.result("r");
  assert.deepEqual([error?.tag, error?.fields.reason], ["DataError", "unknown workflow"]);
});

test("a worker obeys only servers whose key it was given", async ({ folder }) => {
  const keyFile = join(folder, "key.pem");
  Deno.writeTextFileSync(keyFile, await newRestateKey());
  const signing = join(folder, "signing");
  await using server = await startRestateServer(signing, { RESTATE_REQUEST_IDENTITY_PRIVATE_KEY_PEM_FILE: keyFile });
  const key = publicKeyIn(server.log());
  const stranger = "publickeyv1_2G8dCQhArfvGpzPw5Vx2ALciR4xCLHfS5YaT93XjNxX9";
  const workflows: Workflows = { one: (context) => context.step("a", () => Promise.resolve(1)) };
  for (const identityKeys of [[stranger], [stranger, key]]) {
    const handler = createRestateHandler(workflows, { ...STEP, identityKeys });
    await using worker = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
    const url = `http://127.0.0.1:${worker.addr.port}/restate`;
    const unsigned = await fetch(`${url}/discover`, { headers: { accept: DISCOVERY } });
    await unsigned.body?.cancel();
    assert.equal(unsigned.status, 401);
    if (identityKeys.includes(key)) {
      await registerRestateWorker(server, url);
      await using orchestrator = createRestateOrchestrator({ ...server, workflows: ["one"] });
      await orchestrator.submit("one", "r", null);
      assert.equal((await orchestrator.result("r")).status, "done");
    } else {
      await assert.rejects(registerRestateWorker({ ...server, patienceMilliseconds: 0 }, url), {
        reason: "unreachable",
      });
    }
    await server.kill();
    if (!identityKeys.includes(key)) await server.start();
  }
});

test("a server that cannot be reached is told by its address; one that comes back in time is not", async ({ server, open }) => {
  const { orchestrator } = await open({ bad: () => Promise.reject(new DataError("Bad")) });
  await orchestrator.submit("bad", "r", null);
  await server.kill();
  const viewed = orchestrator.view("r");
  await pause(200);
  await server.start();
  assert.ok(await viewed !== null);
  await server.kill();
  await using hasty = createRestateOrchestrator({ ...server, workflows: [], patienceMilliseconds: 100 });
  await assert.rejects(hasty.view("r"), (error) => {
    assert.ok(error instanceof RunError && error.reason === "unreachable");
    assert.match(error.message, /^Cannot ask the Restate server at 127\.0\.0\.1:\d+: found .*; see that it runs/);
    return true;
  });
});

const DISCOVERY = "application/vnd.restate.endpointmanifest.v3+json";

interface Worker {
  readonly orchestrator: Orchestrator;
  /** Ends the worker. */
  stop(): Promise<void>;
  /** Starts it again at the same address. */
  start(): void;
  /** Another worker takes its place at the same address. */
  use(workflows: Workflows): void;
}

interface Setting {
  readonly folder: string;
  readonly server: RestateProcess;
  /** Starts a worker and makes it known. */
  open(workflows: Workflows, options?: { signal?: AbortSignal }): Promise<Worker>;
}

/** A test with a server of its own. */
function test(name: string, body: (setting: Setting) => Promise<void>): void {
  Deno.test({
    name: `Restate: ${name}`,
    ignore: !PRESENT,
    // Connections that fetch keeps for later are no leaks.
    sanitizeResources: false,
    sanitizeOps: false,
    fn: inFolder(async (folder) => {
      await using server = await startRestateServer(folder);
      await using stack = new AsyncDisposableStack();
      await body({
        folder,
        server,
        async open(workflows, options = {}) {
          const [port] = freePorts(1);
          const handlerOf = (list: Workflows) => createRestateHandler(list, { ...STEP, ...options });
          let handler = handlerOf(workflows);
          const serve = () => Deno.serve({ hostname: "127.0.0.1", port: port!, onListen() {} }, (r) => handler(r));
          let http = serve();
          await registerRestateWorker(server, `http://127.0.0.1:${port}/restate`);
          const orchestrator = createRestateOrchestrator({ ...server, workflows: Object.keys(workflows) });
          stack.defer(async () => {
            await orchestrator[Symbol.asyncDispose]();
            await server.kill();
            await http.shutdown();
          });
          return {
            orchestrator,
            stop: () => http.shutdown(),
            start: () => void (http = serve()),
            use: (other) => void (handler = createRestateHandler(other, STEP)),
          };
        },
      });
    }),
  });
}

/** A run whose first step ends when the gate is opened. */
async function openGated(open: Setting["open"]) {
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { orchestrator } = await open({
    async gated(context) {
      const a = await context.step("a", async () => {
        begun.resolve();
        await gate.promise;
        return "a";
      });
      return [a, await context.step("b", () => Promise.resolve("b"))];
    },
  });
  return { orchestrator, gate: gate.resolve, begun: begun.promise };
}

/** The server pauses a run when the step in hand has ended. @returns the invocation */
async function pauseAfter(server: RestateProcess, { run, gate }: { run: string; gate: () => void }): Promise<string> {
  const id = await invocationOf(server, run);
  await change(server, id, "pause");
  gate();
  await until(() => statusOf(server, id), (found) => found === "paused");
  return id;
}

async function change(server: RestateProcess, invocation: string, how: "kill" | "pause" | "purge"): Promise<void> {
  const answer = await fetch(`${server.admin}/invocations/${invocation}/${how}`, { method: "PATCH" });
  assert.ok(answer.ok, await answer.text());
}

async function invocationOf(server: RestateProcess, run: string): Promise<string> {
  return (await query(server, `SELECT id FROM sys_invocation WHERE target_service_key = '${run}'`)).id!;
}

async function statusOf(server: RestateProcess, invocation: string): Promise<string> {
  return (await query(server, `SELECT status FROM sys_invocation WHERE id = '${invocation}'`)).status!;
}

async function query(server: RestateProcess, sql: string): Promise<Record<string, string>> {
  const headers = { accept: "application/json", "content-type": "application/json" };
  const answer = await fetch(`${server.admin}/query`, {
    method: "POST",
    headers,
    body: JSON.stringify({ query: sql }),
  });
  return (await answer.json()).rows[0];
}
