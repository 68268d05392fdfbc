/**
 * Speed of the projection passes: `deno run -A bench/projection.ts [--json] [--threads=N] [SIZE[xMODES] ...]`, single precision, 112
 * frames: the Fourier step with all three errors, the object sums, the probe sums, in ns per data point and mode.
 */

import { planWasmFft } from "../kernels/fft/wasm_plan.ts";
import { FRAME_RECORD, generateProjection, JOB, POD_RECORD } from "../kernels/wasm/projection_pass.ts";
import { instantiateProjection } from "../kernels/wasm/pass_instances.ts";
import type { Share, Start } from "./projection_worker.ts";
import { SHARED_PAGES, sharedMemory } from "./shared_memory.ts";
import { median, print } from "./timing.ts";

const FRAMES = 112;
const ROUNDS = 9;

/** A stack of frames in memory, ready to be timed. `round` gives ns per point and mode of each pass. */
async function prepareProjection({ size, modes, threads }: { size: number; modes: number; threads: number }) {
  const plan = planWasmFft({ rows: size, cols: size, precision: "single" });
  const code = generateProjection(plan, { modes, kind: "farfield", sharedPages: SHARED_PAGES, counts: false });
  const { planeBytes, pitch } = plan.layout;
  const side = Math.ceil(3.4 * size / 4) * 4;
  const objectBytes = Math.ceil((side * side * 4 + 64) / 4096) * 4096 + 2048;
  const memory = sharedMemory();
  let top = 0;
  const take = (bytes: number) => {
    const at = top;
    top = Math.ceil((top + bytes) / 64) * 64;
    return at;
  };
  const fill = (at: number, count: number, value: (i: number) => number) => {
    const floats = new Float32Array(memory.buffer, at, count);
    for (let i = 0; i < count; i++) floats[i] = value(i);
  };
  const noise = (i: number) => ((i * 7919) % 1024) / 512 - 1;
  const wave = () => {
    const at = take(2 * planeBytes);
    fill(at, planeBytes / 2, noise);
    return at;
  };

  const tables = take(code.tables.length);
  new Uint8Array(memory.buffer).set(code.tables, tables);
  const scratches = Array.from({ length: threads }, () => take(code.scratchBytes));
  const job = take(JOB.bytes);
  const records = take(FRAMES * FRAME_RECORD.bytes);
  const pods = take(FRAMES * modes * POD_RECORD.bytes);
  const probes = Array.from({ length: modes }, wave);
  const probeSum = take(modes * 2 * planeBytes);
  const probeNorm = take(modes * 2 * planeBytes);
  const objects = Array.from({ length: 5 }, () => take(objectBytes));
  const [objectRe, objectIm] = objects as [number, number];
  for (const at of [objectRe, objectIm]) fill(at, side * side, noise);

  const view = new DataView(memory.buffer);
  const integers = (at: number, values: readonly (readonly [number, number])[]) =>
    values.forEach(([offset, value]) => view.setInt32(at + offset, value, true));
  integers(job, [[JOB.frames, records], [JOB.pods, pods], [JOB.tables, tables], [JOB.photonError, 1], [
    JOB.bounded,
    1,
  ]]);
  [JOB.objectSumRe, JOB.objectSumIm, JOB.objectNorm].forEach((field, i) =>
    integers(job, [[field, objects[2 + i]! - objectRe]])
  );
  integers(job, [[JOB.probeSum, probeSum - probes[0]!], [JOB.probeNorm, probeNorm - probes[0]!]]);
  view.setFloat64(job + JOB.alpha, 1, true);
  view.setFloat64(job + JOB.powerBound, 1e-3, true);
  for (let k = 0; k < FRAMES; k++) {
    const root = take(planeBytes);
    fill(root, pitch * size, (i) => Math.abs(noise(i + k)));
    const record = records + k * FRAME_RECORD.bytes;
    integers(record, [[FRAME_RECORD.root, root]]);
    view.setFloat64(record + FRAME_RECORD.valid, size * size, true);
    const [oy, ox] = [37 * k, 101 * k].map((v) => v % (side - size)) as [number, number];
    const [exits, spectra] = [0, 1].map(() => Array.from({ length: modes }, wave));
    for (let m = 0; m < modes; m++) {
      const at = pods + (k * modes + m) * POD_RECORD.bytes;
      const first = (oy * side + ox) * 4;
      integers(at, [[POD_RECORD.probe, probes[m]!], [POD_RECORD.objectRe, objectRe + first]]);
      integers(at, [[POD_RECORD.objectIm, objectIm + first], [POD_RECORD.objectPitch, side * 4]]);
      integers(at, [[POD_RECORD.objectRow, oy], [POD_RECORD.exitWave, exits![m]!], [POD_RECORD.factor, 0]]);
      integers(at, [[POD_RECORD.spectrum, spectra![m]!]]);
    }
  }

  const module = new WebAssembly.Module(code.bytes);
  const passes = instantiateProjection(module, { memory, scratchAt: scratches[0]! });
  const workers = await Promise.all(
    scratches.slice(1).map(async (scratchAt) => {
      const worker = new Worker(new URL("./projection_worker.ts", import.meta.url), { type: "module" });
      await ask(worker, { module, memory, scratchAt });
      return worker;
    }),
  );
  const points = FRAMES * modes * size * size;
  const time = async (pass: Share["pass"], count: number) => {
    const share = (i: number) => ({
      pods: FRAMES * modes,
      start: Math.round(i * count / threads),
      end: Math.round((i + 1) * count / threads),
    });
    const start = performance.now();
    const others = workers.map((worker, i) => ask(worker, { pass, job, range: share(i + 1) }));
    passes[pass](job, share(0));
    await Promise.all(others);
    return 1e6 * (performance.now() - start) / points;
  };
  return {
    round: async () => [
      await time("fourierUpdate", FRAMES),
      await time("objectUpdate", side),
      await time("probeUpdate", size),
    ],
    [Symbol.dispose]: () => workers.forEach((worker) => worker.terminate()),
  };
}

function ask(worker: Worker, message: Start | Share): Promise<void> {
  return new Promise((resolve) => {
    worker.onmessage = () => resolve();
    worker.postMessage(message);
  });
}

if (import.meta.main) {
  const given = Deno.args.filter((arg) => !arg.startsWith("--"));
  const threads = Number(Deno.args.find((arg) => arg.startsWith("--threads="))?.split("=")[1] ?? 1);
  for (const arg of given.length > 0 ? given : ["128x1", "256x1", "128x3", "256x3"]) {
    const [size = 128, modes = 1] = arg.split("x").map(Number);
    using bench = await prepareProjection({ size, modes, threads });
    for (let i = 0; i < 4; i++) await bench.round();
    const rounds: number[][] = [];
    for (let i = 0; i < ROUNDS; i++) rounds.push(await bench.round());
    const [fourierUpdate, objectUpdate, probeUpdate] = [0, 1, 2].map((i) => median(rounds.map((r) => r[i]!)));
    const record = {
      kernel: "projection",
      device: "wasm",
      threads: 1,
      size,
      modes,
      fourierUpdate,
      objectUpdate,
      probeUpdate,
    };
    print(
      Deno.args.includes("--json")
        ? JSON.stringify(record)
        : `${size}, ${modes} modes: Fourier step ${fourierUpdate!.toFixed(2)}, object ${
          objectUpdate!.toFixed(2)
        }, probe ${probeUpdate!.toFixed(2)} ns per point and mode`,
    );
  }
}
