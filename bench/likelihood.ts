/**
 * Speed of the likelihood passes: `deno run -A bench/likelihood.ts [--json] [--poisson] [--chunk=FRAMES] [SIZE[xMODES] ...]`, single
 * precision, 112 frames, one thread: the gradient with its sums over object and probe in chunks of frames, and the line search, in ns
 * per data point and mode.
 */

import { planWasmFft } from "../kernels/fft/wasm_plan.ts";
import { generateLikelihood, LIKELIHOOD_FRAME, LIKELIHOOD_JOB } from "../kernels/wasm/likelihood_pass.ts";
import { instantiateLikelihood } from "../kernels/wasm/pass_instances.ts";
import { POD_RECORD } from "../kernels/wasm/projection_pass.ts";
import { SHARED_PAGES, sharedMemory } from "./shared_memory.ts";
import { median, print } from "./timing.ts";

const FRAMES = 112;
const ROUNDS = 9;

/** A stack of frames in memory. `round` gives ns per point and mode of gradient, object sums, probe sums and line search. */
export function prepareLikelihood({ size, modes, model, chunk }: {
  size: number;
  modes: number;
  model: "gaussian" | "poisson";
  chunk: number;
}): { round(): number[] } {
  const plan = planWasmFft({ rows: size, cols: size, precision: "single" });
  const code = generateLikelihood(plan, {
    modes,
    kind: "farfield",
    sharedPages: SHARED_PAGES,
    counts: false,
    model,
    floating: false,
  });
  const { planeBytes, pitch } = plan.layout;
  const frameBytes = 2 * modes * planeBytes;
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
  const noisy = (bytes: number, count: number) => {
    const at = take(bytes);
    fill(at, count, noise);
    return at;
  };

  const tables = take(code.tables.length);
  new Uint8Array(memory.buffer).set(code.tables, tables);
  const scratchAt = take(code.scratchBytes);
  const job = take(LIKELIHOOD_JOB.bytes);
  const records = take(FRAMES * LIKELIHOOD_FRAME.bytes);
  const pods = take(FRAMES * modes * POD_RECORD.bytes);
  const [probe, probeDirection] = [noisy(frameBytes, frameBytes / 4), noisy(frameBytes, frameBytes / 4)];
  const probeGradient = take(frameBytes);
  const [objectRe, objectIm, directionRe, directionIm] = Array.from(
    { length: 4 },
    () => noisy(objectBytes, side * side),
  ) as [number, number, number, number];
  const [gradientRe, gradientIm] = [take(objectBytes), take(objectBytes)];
  const models = take(FRAMES * frameBytes);
  const waves = take(chunk * frameBytes);
  const view = new DataView(memory.buffer);
  const integers = (at: number, values: readonly (readonly [number, number])[]) =>
    values.forEach(([offset, value]) => view.setInt32(at + offset, value, true));
  integers(job, [[LIKELIHOOD_JOB.frames, records], [LIKELIHOOD_JOB.pods, pods], [LIKELIHOOD_JOB.tables, tables]]);
  integers(job, [[LIKELIHOOD_JOB.waves, waves]]);
  integers(job, [
    [LIKELIHOOD_JOB.objectGradientRe, gradientRe - objectRe],
    [LIKELIHOOD_JOB.objectGradientIm, gradientIm - objectRe],
    [LIKELIHOOD_JOB.objectDirectionRe, directionRe - objectRe],
    [LIKELIHOOD_JOB.objectDirectionIm, directionIm - objectRe],
    [LIKELIHOOD_JOB.probeGradient, probeGradient - probe],
    [LIKELIHOOD_JOB.probeDirection, probeDirection - probe],
  ]);
  view.setFloat64(job + LIKELIHOOD_JOB.renormalization, 1, true);
  for (let k = 0; k < FRAMES; k++) {
    const root = take(planeBytes);
    fill(root, pitch * size, (i) => Math.abs(noise(i + k)));
    integers(records + k * LIKELIHOOD_FRAME.bytes, [[LIKELIHOOD_FRAME.root, root]]);
    const [oy, ox] = [37 * k, 101 * k].map((v) => v % (side - size)) as [number, number];
    for (let m = 0; m < modes; m++) {
      const at = pods + (k * modes + m) * POD_RECORD.bytes;
      const first = (oy * side + ox) * 4;
      integers(at, [[POD_RECORD.probe, probe + 2 * m * planeBytes], [POD_RECORD.objectRe, objectRe + first]]);
      integers(at, [[POD_RECORD.objectIm, objectIm + first], [POD_RECORD.objectPitch, side * 4]]);
      integers(at, [[POD_RECORD.objectRow, oy], [POD_RECORD.factor, 0]]);
      integers(at, [[POD_RECORD.spectrum, models + (k * modes + m) * 2 * planeBytes]]);
    }
  }

  const passes = instantiateLikelihood(new WebAssembly.Module(code.bytes), { memory, scratchAt });
  const points = FRAMES * modes * size * size;
  return {
    round() {
      const times = [0, 0, 0, 0];
      const time = (place: number, run: () => void) => {
        const start = performance.now();
        run();
        times[place] = times[place]! + 1e6 * (performance.now() - start) / points;
      };
      for (let from = 0; from < FRAMES; from += chunk) {
        const to = Math.min(from + chunk, FRAMES);
        view.setInt32(job + LIKELIHOOD_JOB.first, from, true);
        time(0, () => passes.gradient(job, { start: from, end: to }));
        time(1, () => passes.objectGradient(job, { from, to, start: 0, end: side }));
        time(2, () => passes.probeGradient(job, { from, to, start: 0, end: size }));
      }
      time(3, () => passes.line(job, { start: 0, end: FRAMES }));
      return times;
    },
  };
}

if (import.meta.main) {
  const given = Deno.args.filter((arg) => !arg.startsWith("--"));
  const chunk = Number(Deno.args.find((arg) => arg.startsWith("--chunk="))?.split("=")[1] ?? 16);
  const model = Deno.args.includes("--poisson") ? "poisson" : "gaussian";
  for (const arg of given.length > 0 ? given : ["128x1", "256x1", "128x3", "256x3"]) {
    const [size = 128, modes = 1] = arg.split("x").map(Number);
    const bench = prepareLikelihood({ size, modes, model, chunk });
    for (let i = 0; i < 3; i++) bench.round();
    const rounds = Array.from({ length: ROUNDS }, () => bench.round());
    const [gradient, object, probe, line] = [0, 1, 2, 3].map((i) => median(rounds.map((r) => r[i]!)));
    const shown = { gradient, object, probe, line };
    print(
      Deno.args.includes("--json")
        ? JSON.stringify({ kernel: "likelihood", device: "wasm", threads: 1, model, size, modes, chunk, ...shown })
        : `${size}, ${modes} modes, ${model}: ${
          Object.entries(shown).map(([name, value]) => `${name} ${value!.toFixed(2)}`).join(", ")
        } ns per point and mode`,
    );
  }
}
