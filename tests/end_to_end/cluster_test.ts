/** Servers and workers as processes of their own: runs shared by two workers, one that dies, one that freezes, and signed requests. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Cluster, type ClusterOptions, startCluster } from "./cluster.ts";
import { filesBelow, inFolder } from "./command_line.ts";
import { pause, until } from "./orchestrator_suite.ts";
import { forgedSignature, newRestateKey, publicKeyIn } from "./restate_keys.ts";
import { hasRestateServer, type RestateProcess, startRestateServer } from "./restate_server.ts";
import { resultsIn } from "./run_results.ts";
import { call, type ServedProcess } from "./served_process.ts";

/** 14 blocks with autosaves. */
const ENGINES = {
  a: { name: "DM", numiter: 40, numiter_contiguous: 4, probe_support: null },
  b: { name: "ePIE", numiter: 4, numiter_contiguous: 1 },
};

/** One block that nobody waits for to end. */
const ENDLESS = { a: { name: "DM", numiter: 1_000_000, numiter_contiguous: 1_000_000, probe_support: null } };

test("two workers on two ports share a batch of runs; one is killed, nothing is lost, and it gets its part again", async (cluster) => {
  const { workers, restart, submit, place } = cluster;
  const calm = await submit(0, ENGINES);
  await ended(cluster, [calm]);
  const expected = resultsIn(place(calm));
  // Results of both engines, and dumps at 0, 20 and 40 iterations.
  assert.equal(Object.keys(expected).length, 2 + 3);
  const ids = await Promise.all([0, 0, 1, 1].map((home) => submit(home, ENGINES)));
  await until(
    () => Promise.resolve(ids.map((id) => workers.map((worker) => wrote(worker, id)))),
    (all) => all.every((each) => each.includes(true)),
  );
  assert.deepEqual(ids.map((id) => wrote(workers[1]!, id)), [false, false, true, true]);
  await workers[0]!.kill();
  await ended(cluster, ids);
  assert.deepEqual(ids.map((id) => wrote(workers[1]!, id)), ids.map(() => true));
  for (const id of ids) assert.deepEqual(resultsIn(place(id)), expected);
  await restart(0);
  const later = await submit(0, ENGINES);
  await ended(cluster, [later]);
  assert.ok(wrote(workers[0]!, later), "the worker that was started again works");
  assert.deepEqual(resultsIn(place(later)), expected);
});

test("the server is killed with a worker in the middle of runs; started again it goes on to the bytes of an undisturbed run", async (cluster) => {
  const { workers, restart, submit, view, place } = cluster;
  const calm = await submit(0, ENGINES);
  await ended(cluster, [calm]);
  const ids = await Promise.all([0, 1].map((home) => submit(home, ENGINES)));
  await Promise.all(ids.map((id) => until(() => view(id), ({ progress }) => progress?.iterations >= 8)));
  await Promise.all([cluster.server.kill(), workers[0]!.kill()]);
  await restart("server");
  await ended(cluster, ids);
  for (const id of ids) assert.deepEqual(resultsIn(place(id)), resultsIn(place(calm)));
});

test("what is not signed by the Restate server, or by another, is refused", async ({ server }, restate) => {
  const key = publicKeyIn(restate.log());
  for (const path of ["/discover", "/invoke/exitwave/run"]) {
    for (const headers of [{}, await forgedSignature(key, path), await forgedSignature(key, `/restate${path}`)]) {
      const method = path === "/discover" ? "GET" : "POST";
      const response = await fetch(`${server.address}/restate${path}`, { method, headers });
      await response.body?.cancel();
      assert.equal(response.status, 401, path);
    }
  }
});

test("a run that is cancelled in the middle of a block stops the work of the worker it is at", async (cluster) => {
  const { workers, server, submit, view } = cluster;
  const id = await submit(1, ENDLESS);
  const worker = workers[1]!;
  await until(() => Promise.resolve(worker.log()), (log) => log.includes("engine DM: 1000000 iterations"));
  const busy = ticks(worker);
  await until(() => Promise.resolve(ticks(worker)), (now) => now > busy + 20);
  await call(server, `/v1/runs/${id}/cancel`, { method: "POST" });
  await until(() => view(id), ({ status }) => status === "cancelled");
  // At work a thread takes 30 ticks of 10 ms in that time; at rest its process takes a few at most.
  await until(async () => {
    const before = ticks(worker);
    await pause(300);
    return ticks(worker) - before;
  }, (taken) => taken < 5);
  const next = await submit(1, { a: { ...ENDLESS.a, numiter: 2 } });
  await ended(cluster, [next]);
  assert.ok(wrote(worker, next));
});

test(
  "a worker that freezes past the time of a step is given up; when it wakes it publishes nothing over what another has done",
  async (cluster) => {
    const { folder, workers, submit, view, place } = cluster;
    const calm = await submit(1, ENGINES);
    await ended(cluster, [calm]);
    const id = await submit(0, ENGINES);
    await until(() => view(id), ({ progress }) => progress?.iterations >= 8);
    workers[0]!.signal("SIGSTOP");
    await ended(cluster, [id]);
    assert.deepEqual(resultsIn(place(id)), resultsIn(place(calm)));
    assert.ok(wrote(workers[1]!, id));
    const artifacts = () => filesOf(join(folder, "artifacts"));
    const before = artifacts();
    const left = [resultsIn(place(id)), await view(id)];
    workers[0]!.signal("SIGCONT");
    const resting = () => Promise.resolve(ticks(workers[0]!));
    const woken = await resting();
    await until(resting, (now) => now > woken);
    await until(async () => {
      const start = await resting();
      await pause(300);
      return await resting() - start;
    }, (taken) => taken < 5);
    // It may add a checkpoint that the other did not need.
    const after = artifacts();
    assert.deepEqual(Object.fromEntries(Object.keys(before).map((key) => [key, after[key]])), before);
    assert.deepEqual([resultsIn(place(id)), await view(id)], left);
    const next = await submit(0, ENGINES);
    await ended(cluster, [next]);
    assert.deepEqual(resultsIn(place(next)), resultsIn(place(calm)));
  },
  { server: { step_time: 4 } },
);

/** A test with a cluster over a Restate server that signs its requests. */
function test(
  name: string,
  body: (cluster: Cluster, restate: RestateProcess) => Promise<void>,
  options: ClusterOptions = {},
): void {
  Deno.test({
    name: `cluster: ${name}`,
    ignore: !hasRestateServer(),
    // Connections that fetch keeps for later are no leaks.
    sanitizeResources: false,
    sanitizeOps: false,
    fn: inFolder(async (folder) => {
      const keyFile = join(folder, "private.pem");
      Deno.writeTextFileSync(keyFile, await newRestateKey());
      const env = { RESTATE_REQUEST_IDENTITY_PRIVATE_KEY_PEM_FILE: keyFile };
      await using restate = await startRestateServer(join(folder, "restate"), env);
      const { ingress, admin } = restate;
      const settings = { ingress, admin, identity_keys: [publicKeyIn(restate.log())] };
      await using cluster = await startCluster(folder, {
        ...options,
        server: { restate: settings, ...options.server },
      });
      await until(() => Promise.resolve(cluster.server.log()), (log) => log.includes("knows this process"));
      await body(cluster, restate);
    }),
  });
}

/** Waits until runs are done. */
async function ended(cluster: Cluster, ids: readonly string[]): Promise<void> {
  const { view, workers } = cluster;
  const logs = () => [cluster.server, ...workers].map((process) => process.log()).join("\n--\n");
  for (const id of ids) {
    // Two minutes on a busy machine.
    let run = await view(id);
    for (let i = 0; i < 1200 && ["pending", "running"].includes(run.status); i++) {
      await pause(100);
      run = await view(id);
    }
    assert.equal(run.status, "done", `${JSON.stringify(run.error)}\n${logs()}`);
  }
}

/** Whether a worker wrote a file of a run. */
function wrote(worker: ServedProcess, id: string): boolean {
  return worker.log().includes(`/runs/${id}/`);
}

/** What the process has computed, in hundredths of a second. Deno itself reads nothing there without all its rights. */
function ticks({ pid }: ServedProcess): number {
  const { stdout } = new Deno.Command("cat", { args: [`/proc/${pid}/stat`] }).outputSync();
  const fields = new TextDecoder().decode(stdout).split(") ")[1]!.split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** Artifacts with their content and the time when they were made. */
function filesOf(folder: string): Record<string, string> {
  const names = filesBelow(folder).filter((name) => !name.startsWith("~") && !name.endsWith("/"));
  return Object.fromEntries(names.map((name) => {
    const path = join(folder, name);
    const hash = createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
    return [name, `${hash} ${Deno.statSync(path).mtime?.getTime()}`];
  }));
}
