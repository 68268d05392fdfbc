/** Publishes a state from the middle of an engine and tells, as JSON, how much memory that took beside what was there. Linux only. */

import { join } from "node:path";
import { collectGarbage } from "../../cli/collect_garbage.ts";
import { openEngine } from "../../core/engines/run_engine.ts";
import { dmParams } from "../../core/parameters/engine/dm.ts";
import { createRandom } from "../../core/random.ts";
import { createLocalArtifacts } from "../../functions/local_artifacts.ts";
import { openState, publishComing } from "../../functions/state_pack.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { manyFrames } from "../parity/many_frames.ts";

const [folder] = Deno.args;
const store = createLocalArtifacts(join(folder!, "artifacts"));
const { data, state } = manyFrames({ frames: 300, size: 128, modes: 1 });
const random = createRandom(1);
const device = createWasmDevice({ threads: 2 });
const p = dmParams.parse({ name: "DM" });

const session = await openEngine({ p, device, data, state, random });
const history = { iterations: [], localErrors: (await session.iterate(1)).localErrors };
const saving = await taken(() => publishComing(store, "state", { putInto: (sink) => session.saveInto(sink), history }));
session.close();

using opened = await openState(store, "state");
// The device keeps its memory, so that what the waves take is there already.
const loading = await taken(async () => {
  opened.check();
  (await openEngine({ p, device, data, state: opened.state, random })).close();
});
const stateBytes = Object.values(opened.state.arrays).reduce(
  (sum, { shape }) => sum + 8 * shape.reduce((a, b) => a * b),
  0,
);
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ saving, loading, stateBytes })));
// Threads of the device would keep the process.
Deno.exit(0);

/** Bytes by which the process grew at most. */
async function taken(work: () => Promise<void>): Promise<number> {
  await collectGarbage();
  // Forgets the most memory that was ever held.
  Deno.writeTextFileSync("/proc/self/clear_refs", "5");
  const before = kilobytes("VmHWM");
  await work();
  return 1024 * (kilobytes("VmHWM") - before);
}

function kilobytes(name: string): number {
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(Deno.readTextFileSync("/proc/self/status"))![1]);
}
