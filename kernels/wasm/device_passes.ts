/**
 * Passes that the WASM device runs as a whole, recognised by their calls. Every other pass, and these where an array is not what the
 * form expects, is left to the twins.
 */

import { recordRange } from "../frame_records.ts";
import type { FrameCall, Pass } from "../pass.ts";
import type { DeviceArrays } from "./device_arrays.ts";
import type { DeviceBlock } from "./device_blocks.ts";
import type { DeviceMemory } from "./device_memory.ts";
import type { Planes, PlaneView } from "./device_planes.ts";
import type { OpenProgram, Programs } from "./device_programs.ts";
import { FRAME_RECORD, generateProjection, JOB } from "./projection_pass.ts";

/** What passes work with. */
export interface PassContext {
  readonly memory: DeviceMemory;
  readonly arrays: DeviceArrays;
  readonly programs: Programs;
  readonly block: DeviceBlock;
  readonly probes: Planes;
  readonly objects: Planes;
}

/** A form of a pass: runs it and returns true, or does nothing and returns false. */
export type PassForm = (context: PassContext, pass: Pass) => boolean;

/** A pass's calls by the names of their kernels. */
export type CallsByName = ReadonlyMap<string, FrameCall>;

/** The names of a pass's kernels in order, as the forms below are known by. */
export function signatureOf(pass: Pass): string {
  return pass.calls.map(({ kernel }) => kernel.name).join(" ");
}

/** Calls by name; only for passes that have no name twice. */
export function callsByName(pass: Pass): CallsByName {
  return new Map(pass.calls.map((call) => [call.kernel.name, call]));
}

/** Forms by signature. */
export const PROJECTION_FORMS: Readonly<Record<string, PassForm>> = {
  "make_model store_wave": beginExitWaves,
  "fetch_wave propagate_forward store_wave": beginSpectra,
  "make_model propagate_forward log_likelihood build_aux fourier_error fmag_update build_exit propagate_backward store_wave":
    fourierUpdate,
  "make_model propagate_forward build_aux fourier_error fmag_update build_exit propagate_backward store_wave":
    fourierUpdate,
  "object_update": objectUpdate,
  "probe_update": probeUpdate,
};

/** Writes i32 fields of a job. */
export function writeIntegers(memory: DeviceMemory, at: number, fields: Readonly<Record<number, number>>): void {
  const view = new DataView(memory.memory.buffer);
  for (const [offset, value] of Object.entries(fields)) view.setInt32(at + Number(offset), value, true);
}

/** Writes f64 fields of a job. */
export function writeDoubles(memory: DeviceMemory, at: number, fields: Readonly<Record<number, number>>): void {
  const view = new DataView(memory.memory.buffer);
  for (const [offset, value] of Object.entries(fields)) view.setFloat64(at + Number(offset), value, true);
}

/** How many places of a range a thread takes at once: some shares per thread, so that a thread that is held up does not hold up all. */
export function chunkOf(count: number, threads: number): number {
  return threads === 1 ? count : Math.max(1, Math.ceil(count / (SHARES * threads)));
}

const SHARES = 8;

/** Rows of the object in which any pass over it has something to do. */
export function mostRows({ parts }: Planes): number {
  return parts.reduce((most, { rows }) => Math.max(most, rows), 0);
}

function openProjection({ memory, programs, block }: PassContext): OpenProgram {
  const { plan, kind, loaded: { block: { modes } } } = block;
  const { rows, cols, precision } = plan.layout;
  return programs.open(`projection ${rows} ${cols} ${precision} ${modes} ${kind}`, {
    kind: "projection",
    generate: () => generateProjection(plan, { modes, kind: kind!, shared: memory.shared }),
  });
}

/** The waves of a block behind a call's binding. */
export function wavesOf({ arrays, block }: PassContext, call: FrameCall, binding: string): PlaneView {
  return arrays.planes(call.buffers[binding]!, block.waves, "update");
}

/** The arrays of a pass that pods look at. */
export interface PodsOf {
  readonly name: string;
  readonly call: FrameCall;
  readonly probe: PlaneView;
  readonly object: PlaneView;
  readonly exitWave?: PlaneView;
  readonly spectrum?: PlaneView;
}

/** Address of the pod records of a pass: see DeviceBlock.pods. */
export function podsOf(
  { arrays, block }: PassContext,
  { name, call, probe, object, exitWave, spectrum }: PodsOf,
): number | null {
  const buffer = call.buffers["address"]!;
  const address = arrays.flat(buffer, "read") as Int32Array;
  const version = arrays.version(buffer);
  return block.pods(name, {
    probe,
    object,
    exitWave: exitWave?.address ?? 0,
    spectrum: spectrum?.address ?? 0,
    address,
    version,
  });
}

/** Probe and object of a call as planes. */
export function bothOf(
  { arrays, probes, objects }: PassContext,
  call: FrameCall,
): Readonly<Record<"probe" | "object", PlaneView>> {
  return {
    probe: arrays.planes(call.buffers["probe"]!, probes, "read"),
    object: arrays.planes(call.buffers["object"]!, objects, "read"),
  };
}

/** The parts of memory that every pass over frames names in its job. */
export function frameJob(context: PassContext, program: OpenProgram, pods: number): { job: number; frames: number } {
  const { memory, block } = context;
  const job = block.piece("job", JOB.bytes);
  const frames = block.frames();
  writeIntegers(memory, job, { [JOB.frames]: frames, [JOB.pods]: pods, [JOB.tables]: program.tables });
  return { job, frames };
}

function fourierUpdate(context: PassContext, pass: Pass): boolean {
  const { memory, arrays, programs, block } = context;
  const calls = callsByName(pass);
  const model = calls.get("make_model")!;
  const aux = calls.get("build_aux")!;
  const judge = calls.get("fourier_error")!;
  const spectrum = wavesOf(context, aux, "exitWave");
  const exitWave = wavesOf(context, calls.get("store_wave")!, "stored");
  const pods = podsOf(context, { name: pass.name, call: model, ...bothOf(context, model), spectrum, exitWave });
  if (pods === null) return false;
  const program = openProjection(context);
  const { job, frames } = frameJob(context, program, pods);
  const { powerBound, bounded } = judge.params as { powerBound: number; bounded: number };
  writeIntegers(memory, job, { [JOB.photonError]: calls.has("log_likelihood") ? 1 : 0, [JOB.bounded]: bounded });
  writeDoubles(memory, job, { [JOB.alpha]: aux.params["alpha"]!, [JOB.powerBound]: powerBound });
  const count = block.loaded.block.frames;
  programs.run(program, "fourierUpdate", {
    job,
    range: { start: 0, end: count },
    chunk: chunkOf(count, programs.threads),
  });
  const errors = arrays.flat(judge.buffers["errors"]!, "update") as Float64Array;
  const { start } = recordRange(judge.buffers["errors"]!.layout, { loaded: block.loaded, frame: 0, mode: null });
  const records = new Float64Array(memory.memory.buffer, frames, count * FRAME_RECORD.bytes / 8);
  for (let frame = 0; frame < count; frame++) {
    const from = (frame * FRAME_RECORD.bytes + FRAME_RECORD.errors) / 8;
    // Without log_likelihood the photon error stays what it was.
    errors[start + 3 * frame] = records[from]!;
    if (calls.has("log_likelihood")) errors[start + 3 * frame + 1] = records[from + 1]!;
    errors[start + 3 * frame + 2] = records[from + 2]!;
  }
  return true;
}

function beginExitWaves(context: PassContext, pass: Pass): boolean {
  const [model, store] = pass.calls as [FrameCall, FrameCall];
  const exitWave = wavesOf(context, store, "stored");
  return runFrames(
    context,
    "beginExitWaves",
    podsOf(context, { name: pass.name, call: model, ...bothOf(context, model), exitWave }),
  );
}

function beginSpectra(context: PassContext, pass: Pass): boolean {
  const [fetch, propagate, store] = pass.calls as [FrameCall, FrameCall, FrameCall];
  const exitWave = wavesOf(context, fetch, "stored");
  const spectrum = wavesOf(context, store, "stored");
  // The pass looks at no probe and no object: any arrays of the right shapes make the records.
  const { probes, objects } = context;
  const place = { memory: context.memory.memory, address: 0 };
  const call = propagate;
  const both = { probe: { ...place, planes: probes }, object: { ...place, planes: objects } };
  return runFrames(context, "beginSpectra", podsOf(context, { name: pass.name, call, ...both, exitWave, spectrum }));
}

function runFrames(context: PassContext, name: "beginExitWaves" | "beginSpectra", pods: number | null): boolean {
  if (pods === null) return false;
  const { programs, block } = context;
  const program = openProjection(context);
  const { job } = frameJob(context, program, pods);
  const count = block.loaded.block.frames;
  programs.run(program, name, { job, range: { start: 0, end: count }, chunk: chunkOf(count, programs.threads) });
  return true;
}

function objectUpdate(context: PassContext, pass: Pass): boolean {
  const { memory, arrays, programs, objects, block } = context;
  const call = pass.calls[0]!;
  const { probe, object: sum } = {
    probe: arrays.planes(call.buffers["probe"]!, context.probes, "read"),
    object: arrays.planes(call.buffers["sum"]!, objects, "update"),
  };
  const norm = arrays.planes(call.buffers["norm"]!, objects, "update");
  const exitWave = wavesOf(context, call, "exitWave");
  // The pass looks at no object: its sums lie where the object would be.
  const pods = podsOf(context, { name: pass.name, call, probe, object: sum, exitWave });
  if (pods === null) return false;
  const program = openProjection(context);
  const { job } = frameJob(context, program, pods);
  writeIntegers(memory, job, {
    [JOB.objectSumRe]: 0,
    [JOB.objectSumIm]: objects.bytes / 2,
    [JOB.objectNorm]: norm.address - sum.address,
  });
  const rows = mostRows(objects);
  const { frames, modes } = block.loaded.block;
  const range = { start: 0, end: rows, pods: frames * modes };
  programs.run(program, "objectUpdate", { job, range, chunk: chunkOf(rows, programs.threads) });
  return true;
}

function probeUpdate(context: PassContext, pass: Pass): boolean {
  const { memory, arrays, programs, probes, block } = context;
  const call = pass.calls[0]!;
  const sum = arrays.planes(call.buffers["sum"]!, probes, "update");
  const norm = arrays.planes(call.buffers["norm"]!, probes, "update");
  const object = arrays.planes(call.buffers["object"]!, context.objects, "read");
  const exitWave = wavesOf(context, call, "exitWave");
  const pods = podsOf(context, { name: pass.name, call, probe: sum, object, exitWave });
  if (pods === null) return false;
  const program = openProjection(context);
  const { job } = frameJob(context, program, pods);
  writeIntegers(memory, job, { [JOB.probeSum]: 0, [JOB.probeNorm]: norm.address - sum.address });
  const { frames, modes, rows } = block.loaded.block;
  const range = { start: 0, end: rows, pods: frames * modes };
  programs.run(program, "probeUpdate", { job, range, chunk: chunkOf(rows, programs.threads) });
  return true;
}
