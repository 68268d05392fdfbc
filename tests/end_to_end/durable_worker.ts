/** A process that works on one durable reconstruction until its end: `deno run durable_worker.ts FOLDER`. It may be killed at any time. */

import { join } from "node:path";
import { createScratchFiles } from "../../core/formats/scratch_file.ts";
import type { Json } from "../../core/json.ts";
import { createApp } from "../../functions/app.ts";
import { below } from "../../functions/data_root.ts";
import { createDevicePool } from "../../functions/device_pool.ts";
import { invokeBy } from "../../functions/invoke.ts";
import { createLocalArtifacts } from "../../functions/local_artifacts.ts";
import { publishParameters } from "../../functions/parameters.ts";
import { createWarmRuns } from "../../functions/warm_runs.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { openEmbeddedOrchestrator } from "../../workflows/embedded.ts";
import { reconstructBy, type RunInput } from "../../workflows/recipe.ts";

const say = (text: string) => void Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));

const folder = Deno.args[0]!;
const tree = JSON.parse(Deno.readTextFileSync(join(folder, "tree.json")));
const artifacts = createLocalArtifacts(join(folder, "artifacts"));
using warm = createWarmRuns();
using scratch = createScratchFiles(folder);
const devices = createDevicePool([createWasmDevice({ threads: 1 })]);
const app = createApp({
  contextOf: (signal) => ({
    artifacts,
    warm,
    devices,
    files: below(folder),
    scratch: scratch.open,
    clock: { now: () => performance.now(), date: () => new Date() },
    log: say,
    warn: say,
    signal,
  }),
  failed: (error) => say(`failed: ${error instanceof Error ? error.stack : error}`),
});
const workflows = { reconstruct: reconstructBy(invokeBy((request) => app.fetch(request))) };
await using runs = openEmbeddedOrchestrator(workflows, { folder: join(folder, "runs"), log: say });
if (await runs.view("run") === null) {
  const input: RunInput = {
    run: "run",
    parameters: await publishParameters(artifacts, { run: "run", name: "moon", tree }),
    started: new Date().toISOString(),
    engines: Object.entries(tree.engines as Record<string, { numiter: number; numiter_contiguous: number }>)
      .map(([label, { numiter, numiter_contiguous }]) => ({ label, numiter, numiter_contiguous })),
    autosave: tree.io.autosave.interval,
    plot: 20,
  };
  await runs.submit("reconstruct", "run", input as unknown as Json);
}
say("begins");
const { status, error } = await runs.result("run");
say(`${status} ${JSON.stringify(error)}`);
