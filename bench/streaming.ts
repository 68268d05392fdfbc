/**
 * What it costs that frames pass through the memory of the WASM device: `deno run -A bench/streaming.ts [--threads=N] [--rounds=N]
 * [FRAMESxSIZE]`, 400x256 if left out. ms per iteration of DM and ML with all frames in the memory, and with bytes that have room for a
 * half and a quarter of them; scratch is in files. One iteration of each after the other, so that a busy machine slows all.
 */

import { dmParams } from "../core/parameters/engine/dm.ts";
import { mlParams } from "../core/parameters/engine/ml.ts";
import { findEngine, type SupportedParams } from "../core/engines/mod.ts";
import { type EngineSession, openEngine } from "../core/engines/run_engine.ts";
import { createScratchFiles } from "../core/formats/scratch_file.ts";
import { createRandom } from "../core/random.ts";
import { needOf, planMemory } from "../kernels/memory_plan.ts";
import { createWasmDevice } from "../kernels/wasm_device.ts";
import { benchData } from "./engine_data.ts";
import { median, print } from "./timing.ts";

const SHARES = [1, 0.5, 0.25];

const ENGINES: readonly SupportedParams[] = [
  dmParams.parse({ name: "DM", probe_update_start: 0, overlap_max_iterations: 1 }),
  mlParams.parse({ name: "ML", probe_update_start: 0, reg_del2: false }),
];

function option(name: string, fallback: number): number {
  const given = Deno.args.find((arg) => arg.startsWith(`--${name}=`));
  return given === undefined ? fallback : Number(given.split("=")[1]);
}

const threads = option("threads", navigator.hardwareConcurrency);
const rounds = option("rounds", 7);
const [frames = 400, size = 256] = (Deno.args.find((arg) => !arg.startsWith("--")) ?? "400x256").split("x").map(Number);
const random = createRandom(1);
const { data, state } = benchData({ frames, size, modes: 1 }, random);
using files = createScratchFiles();

for (const p of ENGINES) {
  const need = { ...needOf(data), waves: findEngine(p.name).waves };
  const whole = planMemory(need, createWasmDevice({ threads }).limits);
  const runs: { text: string; session: EngineSession; times: number[] }[] = [];
  for (const share of SHARES) {
    const memoryBytes = whole.deviceBytes - (1 - share) * whole.frameBytes;
    const device = createWasmDevice({ threads, memoryBytes: share === 1 ? 2 ** 32 : memoryBytes, scratch: files.open });
    const { resident, window } = planMemory(need, device.limits).blocks[0]!;
    const text = `${resident} frames stay, ${window} pass at a time, ${(memoryBytes / 1e6).toFixed(0)} MB`;
    const session = await openEngine({ p, device, data, state, random });
    await session.iterate(1);
    runs.push({ text, session, times: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { session, times } of runs) {
      const start = performance.now();
      await session.iterate(1);
      times.push(performance.now() - start);
    }
  }
  for (const { text, session, times } of runs) {
    session.close();
    const ms = `median ${median(times).toFixed(0)} ms, least ${Math.min(...times).toFixed(0)} ms`;
    print(`${p.name} ${frames} x ${size} x ${size}, ${threads} threads, ${text}: ${ms}`);
  }
}
