/**
 * Sudden death of what runs workflows, at random moments: no step is lost, and none runs again after the next began.
 * `EXITWAVE_KILLS` is how often each kind is killed.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { createRandom } from "../../core/random.ts";
import { openEmbeddedOrchestrator } from "../../workflows/embedded.ts";
import type { Json } from "../../core/json.ts";
import { registerRestateWorker } from "../../workflows/restate_client.ts";
import { createRestateOrchestrator } from "../../workflows/restate_orchestrator.ts";
import { inFolder } from "./command_line.ts";
import { pause, until } from "./orchestrator_suite.ts";
import { type Chain, chain, checkChain, traces } from "./orchestrator_worker.ts";
import { freePorts, hasRestateServer, startRestateServer } from "./restate_server.ts";
import { startWorker } from "./worker_process.ts";

const PRESENT = hasRestateServer();

const KILLS = Number(Deno.env.get("EXITWAVE_KILLS") ?? 8);

/** Long enough for a step on a busy machine. */
const STEP_TIMEOUT = 10_000;

Deno.test(
  `embedded: a process that is killed ${KILLS} times goes on where it was`,
  inFolder(async (folder) => {
    const random = randomNumbers();
    let kills = 0;
    for (let run = 0; kills < KILLS; run++) {
      const task = {
        kind: "embedded",
        folder: join(folder, "runs"),
        id: `run${run}`,
        chain: newChain(folder, run),
        stepTimeoutMilliseconds: STEP_TIMEOUT,
      } as const;
      for (let ended: string | null = null; ended === null;) {
        const process = startWorker(task);
        // Now and then it dies before it has opened the journal, or while it does.
        if (random.uniform() < 0.8) await process.ready;
        const delay = pause(random.uniform(0, 250));
        const last = await Promise.race([process.ended, delay]) ?? null;
        if (last !== null) checkChain(JSON.parse(last, dates), task.chain);
        else kills++;
        await process.kill();
        ended = last;
      }
    }
  }),
);

for (const victims of [["worker"], ["server"], ["worker", "server"]] as const) {
  Deno.test({
    name: `Restate: when the ${victims.join(" and the ")} of a run is killed ${KILLS} times, it goes on where it was`,
    ignore: !PRESENT,
    sanitizeResources: false,
    sanitizeOps: false,
    fn: inFolder(async (folder) => {
      const random = randomNumbers();
      await using server = await startRestateServer(folder);
      const [port] = freePorts(1);
      const task = { kind: "restate", port: port!, stepTimeoutMilliseconds: STEP_TIMEOUT } as const;
      let worker = startWorker(task);
      await worker.ready;
      await registerRestateWorker(server, `http://127.0.0.1:${port}/restate`);
      // A server that is killed twice a second may not answer once in the ten seconds that are usual.
      const patienceMilliseconds = 120_000;
      await using orchestrator = createRestateOrchestrator({ ...server, patienceMilliseconds, workflows: ["chain"] });
      let kills = 0;
      for (let run = 0; kills < KILLS; run++) {
        const chain = newChain(folder, run);
        const id = `run${run}`;
        await orchestrator.submit("chain", id, chain as unknown as Json);
        const ended = orchestrator.result(id);
        for (let done = false; !done && kills < KILLS;) {
          done = await Promise.race([ended.then(() => true), pause(random.uniform(0, 400)).then(() => false)]);
          if (done) continue;
          kills++;
          await Promise.all(victims.map((victim) => victim === "worker" ? worker.kill() : server.kill()));
          if (victims.includes("server" as never)) await server.start();
          if (victims.includes("worker" as never)) await (worker = startWorker(task)).ready;
        }
        checkChain(await ended, chain);
      }
      await worker.kill();
    }),
  });
}

Deno.test(
  "embedded: a process that was frozen keeps its folder, and goes on where it was",
  inFolder(async (folder) => {
    const task = {
      kind: "embedded",
      folder: join(folder, "runs"),
      id: "run",
      chain: { ...newChain(folder, 0), milliseconds: 100 },
      stepTimeoutMilliseconds: 300,
    } as const;
    const process = startWorker(task);
    await beginning(task.chain, 3);
    process.signal("SIGSTOP");
    await pause(600);
    assert.throws(() => openEmbeddedOrchestrator({ chain }, { folder: task.folder }), (error) => {
      assert.match(String(error), /Cannot open the runs in ".*runs": found a process that works on them/);
      return true;
    });
    process.signal("SIGCONT");
    checkChain(JSON.parse((await process.ended)!, dates), task.chain);
  }),
);

Deno.test({
  name: "Restate: what a worker that was frozen past its time does when it wakes is not taken",
  ignore: !PRESENT,
  sanitizeResources: false,
  sanitizeOps: false,
  fn: inFolder(async (folder) => {
    // So that the server soon finds out that the connection is dead.
    const keepAlive = {
      RESTATE_WORKER__INVOKER__HTTP2_KEEP_ALIVE_INTERVAL: "500ms",
      RESTATE_WORKER__INVOKER__HTTP2_KEEP_ALIVE_TIMEOUT: "500ms",
    };
    await using server = await startRestateServer(folder, keepAlive);
    const ports = freePorts(2);
    const [first, second] = ports.map((port) => startWorker({ kind: "restate", port, stepTimeoutMilliseconds: 500 }));
    await using proxy = startProxy(ports[0]!);
    await Promise.all([first!.ready, second!.ready]);
    await registerRestateWorker(server, `http://127.0.0.1:${proxy.port}/restate`);
    await using orchestrator = createRestateOrchestrator({ ...server, workflows: ["chain"] });
    const chain = { ...newChain(folder, 0), steps: 10, milliseconds: 200 };
    await orchestrator.submit("chain", "run", chain as unknown as Json);
    await beginning(chain, 3);
    first!.signal("SIGSTOP");
    proxy.target = ports[1]!;
    const run = await orchestrator.result("run");
    checkChain(run, chain);
    const before = traces(chain.folder);
    assert.notEqual(before.at(-1)![2], before[0]![2], "the second worker ended the run");
    first!.signal("SIGCONT");
    // Longer than what is left of the step that was frozen.
    await pause(500);
    const later = traces(chain.folder).slice(before.length);
    assert.ok(later.every(([what]) => what === "again" || what === "end"), Deno.inspect(later));
    assert.deepEqual(await orchestrator.view("run"), run);
    await Promise.all([first!.kill(), second!.kill()]);
  }),
});

function newChain(folder: string, run: number): Chain {
  const chain = { folder: join(folder, `chain${run}`), steps: 30, milliseconds: 15 };
  Deno.mkdirSync(chain.folder);
  return chain;
}

/** Waits until a step has begun. */
async function beginning({ folder }: Chain, step: number): Promise<void> {
  const begun = () => {
    try {
      return traces(folder).some(([what, i]) => what === "begin" && Number(i) === step);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return false;
    }
  };
  await until(() => Promise.resolve(begun()), (answer) => answer);
}

function randomNumbers(): ReturnType<typeof createRandom> {
  return createRandom(crypto.getRandomValues(new Uint32Array(1))[0]!);
}

function dates(key: string, value: unknown): unknown {
  return key === "submitted" || key === "changed" ? new Date(value as string) : value;
}

/** Passes connections on, new ones to where `target` says now. */
function startProxy(first: number): { readonly port: number; target: number } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const proxy = {
    port: listener.addr.port,
    target: first,
    [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of connections) close(connection);
      return Promise.resolve();
    },
  };
  async function accept(): Promise<void> {
    for await (const incoming of listener) {
      const outgoing = await Deno.connect({ hostname: "127.0.0.1", port: proxy.target });
      connections.push(incoming, outgoing);
      for (const [from, to] of [[incoming, outgoing], [outgoing, incoming]] as const) {
        from.readable.pipeTo(to.writable).catch(() => close(to));
      }
    }
  }
  accept();
  return proxy;
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    // Closed already.
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
