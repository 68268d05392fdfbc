/**
 * Speed of a sweep over single pods (ePIE): `deno run -A bench/visit.ts [--json] [SIZE ...]`, one thread, single precision, 112 frames
 * of one mode, probe and object updated after each, ns per point.
 */

import { planWasmFft } from "../kernels/fft/wasm_plan.ts";
import { FRAME_RECORD, POD_RECORD } from "../kernels/wasm/projection_pass.ts";
import { generateVisit, VISIT_JOB } from "../kernels/wasm/visit_pass.ts";
import { instantiateVisit } from "../kernels/wasm/pass_instances.ts";
import { SHARED_PAGES, sharedMemory } from "./shared_memory.ts";
import { medianTime, print } from "./timing.ts";

const FRAMES = 112;

function nsPerPoint(size: number): number {
  const plan = planWasmFft({ rows: size, cols: size, precision: "single" });
  const code = generateVisit(plan, { modes: 1, kind: "farfield", sharedPages: SHARED_PAGES, counts: false });
  const { planeBytes } = plan.layout;
  const side = Math.ceil(3.4 * size / 4) * 4;
  const objectBytes = side * side * 4 + 64;
  const memory = sharedMemory();
  let top = 0;
  const take = (bytes: number) => {
    const at = top;
    top = Math.ceil((top + bytes) / 64) * 64;
    return at;
  };
  const noise = (i: number) => ((i * 7919) % 1024) / 512 - 1;
  const fill = (at: number, count: number, value: (i: number) => number) => {
    const floats = new Float32Array(memory.buffer, at, count);
    for (let i = 0; i < count; i++) floats[i] = value(i);
    return at;
  };
  const tables = take(code.tables.length);
  new Uint8Array(memory.buffer).set(code.tables, tables);
  const scratchAt = take(code.scratchBytes);
  const probe = take(2 * planeBytes);
  const support = fill(take(planeBytes), size * size, () => 1);
  const [objectRe, objectIm] = [take(objectBytes), take(objectBytes)] as const;
  const [job, order, errors] = [take(VISIT_JOB.bytes), take(4 * FRAMES), take(24 * FRAMES)] as const;
  const [frames, pods] = [take(FRAMES * FRAME_RECORD.bytes), take(FRAMES * POD_RECORD.bytes)] as const;
  const view = new DataView(memory.buffer);
  const integers = (at: number, fields: readonly (readonly [number, number])[]) =>
    fields.forEach(([offset, value]) => view.setInt32(at + offset, value, true));
  const J = VISIT_JOB;
  integers(job, [[J.frames, frames], [J.pods, pods], [J.tables, tables], [J.order, order], [J.errors, errors]]);
  integers(job, [[J.support, support], [J.updateProbe, 1], [J.objectRe, objectRe], [J.objectIm, objectIm]]);
  integers(job, [[J.objectPitch, 4 * side], [J.objectRows, side], [J.objectWidth, 4 * side]]);
  for (const offset of [J.alpha, J.beta]) view.setFloat64(job + offset, 0.5, true);
  for (let k = 0; k < FRAMES; k++) {
    const root = fill(take(planeBytes), size * size, (i) => Math.abs(noise(i + k)));
    const [oy, ox] = [37 * k, 101 * k].map((v) => v % (side - size)) as [number, number];
    const [record, pod, first] = [frames + k * FRAME_RECORD.bytes, pods + k * POD_RECORD.bytes, 4 * (oy * side + ox)];
    integers(order, [[4 * k, (k * 37) % FRAMES]]);
    integers(record, [[FRAME_RECORD.root, root]]);
    view.setFloat64(record + FRAME_RECORD.valid, size * size, true);
    integers(pod, [[POD_RECORD.probe, probe], [POD_RECORD.objectRe, objectRe + first]]);
    integers(pod, [[POD_RECORD.objectIm, objectIm + first], [POD_RECORD.objectPitch, 4 * side]]);
    integers(pod, [[POD_RECORD.exitWave, take(2 * planeBytes)], [POD_RECORD.factor, 0]]);
  }
  const pass = instantiateVisit(new WebAssembly.Module(code.bytes), { memory, scratchAt });
  const refresh = () => {
    for (const at of [probe, probe + planeBytes]) fill(at, size * size, noise);
    for (const at of [objectRe, objectIm]) fill(at, side * side, noise);
  };
  const run = () => pass.visit(job, { start: 0, end: FRAMES });
  medianTime(run, { seconds: 0.5, refresh });
  return medianTime(run, { seconds: 1, refresh }) / (FRAMES * size * size);
}

const given = Deno.args.filter((arg) => !arg.startsWith("--")).map(Number);
for (const size of given.length > 0 ? given : [128, 256]) {
  const value = nsPerPoint(size);
  const record = { kernel: "visit", device: "wasm", threads: 1, size, nsPerPoint: value };
  print(Deno.args.includes("--json") ? JSON.stringify(record) : `${size}: ${value.toFixed(2)} ns per point`);
}
