/** A device that is lost, or a thread that dies, in the middle of `exitwave run`. Graphics cards are the software adapter under another name. */

import assert from "node:assert/strict";
import { EXIT } from "../../cli/command.ts";
import { main } from "../../cli/main.ts";
import { openRun } from "../../cli/open_run.ts";
import type { SupportedParams } from "../../core/engines/mod.ts";
import { openEngine } from "../../core/engines/run_engine.ts";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { restoreRandom } from "../../core/random.ts";
import { modelFromState, modelToPtyr } from "../../core/scan_models/model_state.ts";
import { loadScans, sortedEngines } from "../../functions/load.ts";
import { startModel } from "../../functions/start.ts";
import { createGpuDevice } from "../../kernels/gpu_device.ts";
import type { State } from "../../kernels/reconstruction.ts";
import { gpuForTests } from "../../kernels/twins.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { pretendedCard, withWebGpu } from "../../kernels/webgpu/pretended_gpu.ts";
import type { DeviceChange } from "../../workflows/run_watch.ts";
import { exitwave, inFolder, type Outcome, writeMoon } from "./command_line.ts";

const gpu = await gpuForTests();

/** Runs the command line, and does something as soon as `text` is on standard error. */
async function whenSaid(text: string, act: () => void, args: readonly string[]): Promise<Outcome> {
  let [out, err, acted] = ["", "", false];
  const code = await main(args, {
    out: (written) => void (out += written),
    err: (written) => {
      err += written;
      if (acted || !err.includes(text)) return;
      acted = true;
      act();
    },
    isTerminal: false,
    signal: new AbortController().signal,
  });
  assert.ok(acted, `never said "${text}": ${err}`);
  return { code, out, err };
}

/** Probe, object and positions after engines of which the first changes from the GPU to wasm after so many iterations. */
async function changedOver(file: string, after: number): Promise<unknown> {
  const { run, services } = openRun(file, {
    io: { out() {}, err() {}, isTerminal: false, signal: new AbortController().signal },
    overrides: [],
  });
  const { p } = run.parsed;
  const started = startModel(loadScans(run.parsed, { ...services, now: new Date() }), p, services);
  const wasm = createWasmDevice();
  let { state } = started;
  for (const [i, [, engine]] of sortedEngines(p).entries()) {
    const parts = i === 0
      ? [[createGpuDevice(gpu!), after] as const, [wasm, Infinity] as const]
      : [[wasm, Infinity] as const];
    for (const [device, until] of parts) {
      const { data } = started;
      const random = restoreRandom(state.random);
      const session = await openEngine({ p: engine as SupportedParams, device, data, state, random });
      while (session.iteration < Math.min(until, engine.numiter)) await session.iterate(engine.numiter_contiguous);
      state = until < Infinity ? await session.save() : await session.finish();
      session.close();
    }
  }
  return contentOf(modelToPtyr(modelFromState(started.model, state as State)));
}

function contentOf({ probe, obj, positions }: ReturnType<typeof modelToPtyr>): unknown {
  const waves = (storages: typeof probe) => Object.entries(storages).map(([ID, { data }]) => [ID, data]);
  return { probe: waves(probe), obj: waves(obj), positions };
}

for (
  const { title, engines, lostAt } of [
    {
      title: "DM, then ML",
      engines: { a: { name: "DM", numiter: 12, numiter_contiguous: 2 }, b: { name: "ML", numiter: 4 } },
      lostAt: "DM  8/12",
    },
    { title: "ePIE", engines: { a: { name: "ePIE", numiter: 10 } }, lostAt: "ePIE  7/10" },
  ]
) {
  Deno.test({
    name: `${title}: a graphics card that is lost is said, and wasm goes on from the last checkpoint to the same bytes`,
    ignore: gpu === null,
    fn: inFolder(async (folder) => {
      const devices: GPUDevice[] = [];
      const card = await pretendedCard("Card 1", (device) => void devices.push(device));
      // Before each autosave there is a checkpoint.
      const io = { home: folder, autosave: { active: true, interval: 3 }, autoplot: false, interaction: false };
      const file = writeMoon(folder, { engines, io });
      // Lost while the run waits for the next read-back.
      const lose = () => queueMicrotask(() => devices.forEach((device) => device.destroy()));
      const { code, out, err } = await withWebGpu(card, () => whenSaid(lostAt, lose, ["run", file, "--json"]));
      assert.deepEqual([code, devices.length], [EXIT.done, 1], err);
      assert.match(err, /^note: this run computes on the graphics card "Card 1"$/m);
      const { deviceChanges, files, iterations } = JSON.parse(out) as {
        deviceChanges: DeviceChange[];
        files: string[];
        iterations: number;
      };
      const [{ from, to, engine, iteration, repeated, reason }] = deviceChanges as [DeviceChange];
      assert.deepEqual([deviceChanges.length, from, to, engine], [1, "webgpu", "wasm", engines.a.name]);
      const done = Number(/(\d+)\//.exec(lostAt)![1]);
      assert.equal(iteration + repeated, done);
      assert.match(reason, /^Cannot go on with the GPU "Card 1": it was lost \(destroyed: /);
      const note =
        `note: the webgpu device failed: ${reason}. ${engine} goes on after iteration ${iteration} on the wasm device; `;
      assert.ok(iteration > 0 && err.includes(note), err);
      const { runtime, ...result } = readPtyr(files.at(-1)!);
      assert.deepEqual(contentOf(result as never), await changedOver(file, iteration));
      const total = Object.values(engines).reduce((sum, { numiter }) => sum + numiter, 0);
      assert.deepEqual([iterations, runtime.iter_info.at(-1)!.iterations], [total, total]);
    }),
  });
}

/** Starts threads that do nothing more after some commands. */
class FailingThread extends Worker {
  constructor(_: string | URL, options?: WorkerOptions) {
    super(new URL("./failing_thread.ts", import.meta.url), options);
  }
}

Deno.test(
  "a thread that dies is said, and the block is done again to the bytes of an undisturbed run",
  inFolder(async (folder) => {
    const io = { home: folder, autosave: { active: true, interval: 2 }, autoplot: false, interaction: false };
    const file = writeMoon(folder, { io, engines: { a: { name: "DM", numiter: 20 } } });
    const args = ["run", file, "--device", "wasm", "--threads", "2"];
    const calm = await exitwave(args);
    const expected = readPtyr(calm.out.trim());
    const healthy = globalThis.Worker;
    globalThis.Worker = FailingThread;
    const { code, out, err } = await exitwave(args).finally(() => globalThis.Worker = healthy);
    assert.equal(code, EXIT.done, err);
    const note =
      /^note: step "a\/\d+\/iterate" .* failed and is tried again: Cannot go on: found a thread that failed, /m;
    assert.match(err, note);
    const { runtime, ...result } = readPtyr(out.trim());
    assert.deepEqual(contentOf(result as never), contentOf(expected as never));
    assert.equal(runtime.iter_info.at(-1)!.iterations, 20);
  }),
);
