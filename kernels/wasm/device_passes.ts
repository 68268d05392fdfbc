/**
 * Passes that the WASM device runs as a whole, recognised by their calls. Every other pass, and these where an array is not what the
 * form expects, is left to the twins.
 */

import { recordRange } from "../frame_records.ts";
import type { FrameNeed } from "../memory_plan.ts";
import type { FrameCall, Pass } from "../pass.ts";
import type { DeviceArrays } from "./device_arrays.ts";
import type { DeviceBlock } from "./device_blocks.ts";
import type { DeviceMemory } from "./device_memory.ts";
import type { Planes, PlaneView } from "./device_planes.ts";
import type { OpenProgram, Programs } from "./device_programs.ts";
import type { PassName } from "./device_tasks.ts";
import { FRAME_RECORD, generateProjection, JOB, POD_RECORD } from "./projection_pass.ts";

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

/** Pixels of all modes that a thread takes at once: work of some hundred microseconds, beside which taking it is nothing. */
const CHUNK_POINTS = 2 ** 15;

/** Shares of a range for each thread, at least, so that a thread that is held up does not hold up all. */
const SHARES = 8;

/** The same for bands of rows. More cost more: of every wave some rows are read at a time, and memory likes long ones. */
const BAND_SHARES = 2;

/** How many of `count` frames a thread takes at once. */
export function framesAtOnce(
  count: number,
  { threads, block: { rows, cols, modes } }: { readonly threads: number; readonly block: FrameNeed },
): number {
  const share = Math.ceil(count / (SHARES * threads));
  return Math.max(1, Math.min(share, Math.floor(CHUNK_POINTS / (rows * cols * modes))));
}

/** How many of `count` rows a thread takes at once. */
export function rowsAtOnce(count: number, { threads }: { readonly threads: number }): number {
  return Math.max(1, Math.ceil(count / (BAND_SHARES * threads)));
}

/** Rows of the object in which any pass over it has something to do. */
export function mostRows({ parts }: Planes): number {
  return parts.reduce((most, { rows }) => Math.max(most, rows), 0);
}

function openProjection({ memory, programs, block }: PassContext): OpenProgram {
  const { plan, kind, loaded: { block: { modes } } } = block;
  const { rows, cols, precision } = plan.layout;
  const { counts } = block.frames.measured();
  return programs.open(`projection ${rows} ${cols} ${precision} ${modes} ${kind} ${counts}`, {
    kind: "projection",
    generate: () => generateProjection(plan, { modes, kind: kind!, sharedPages: memory.sharedPages, counts }),
  });
}

/** Address of the waves behind a call's binding. */
export function wavesOf({ block }: PassContext, call: FrameCall, binding: string): number {
  return block.frames.waves(call.buffers[binding]!);
}

/** Runs a pass of a program over all frames, or over the pods of the pass's order, whenever their frames have places. */
export function runFrames(
  { programs, block }: PassContext,
  pass: Pass,
  { program, name, job, roots }: {
    readonly program: OpenProgram;
    readonly name: PassName;
    readonly job: number;
    readonly roots: boolean;
  },
): void {
  const { threads } = programs;
  block.frames.each({ pass, roots }, (range) => {
    const chunk = framesAtOnce(range.end - range.start, { threads, block: block.loaded.block });
    programs.run(program, name, { job, range, chunk });
  });
}

/** The arrays of a pass that pods look at. */
export interface PodsOf {
  readonly name: string;
  readonly call: FrameCall;
  readonly probe: PlaneView;
  readonly object: PlaneView;
  /** Addresses of waves. */
  readonly exitWave?: number;
  readonly spectrum?: number;
}

/** Address of the pod records of a pass: see DeviceBlock.pods. */
export function podsOf(
  { arrays, block }: PassContext,
  { name, call, probe, object, exitWave = 0, spectrum = 0 }: PodsOf,
): number | null {
  const buffer = call.buffers["address"]!;
  const address = arrays.flat(buffer, "read") as Int32Array;
  const version = arrays.version(buffer);
  return block.pods(name, { probe, object, exitWave, spectrum, address, version });
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

/** Address of the job of a pass over frames, with what all such passes name in it. */
function frameJob({ memory, block }: PassContext, program: OpenProgram, pods: number): number {
  const job = block.piece("job", JOB.bytes);
  writeIntegers(memory, job, { [JOB.frames]: block.records(), [JOB.pods]: pods, [JOB.tables]: program.tables });
  return job;
}

function fourierUpdate(context: PassContext, pass: Pass): boolean {
  const { memory, arrays, block } = context;
  const calls = callsByName(pass);
  const model = calls.get("make_model")!;
  const aux = calls.get("build_aux")!;
  const judge = calls.get("fourier_error")!;
  const spectrum = wavesOf(context, aux, "exitWave");
  const exitWave = wavesOf(context, calls.get("store_wave")!, "stored");
  const pods = podsOf(context, { name: pass.name, call: model, ...bothOf(context, model), spectrum, exitWave });
  if (pods === null) return false;
  const program = openProjection(context);
  const job = frameJob(context, program, pods);
  const { powerBound, bounded } = judge.params as { powerBound: number; bounded: number };
  writeIntegers(memory, job, { [JOB.photonError]: calls.has("log_likelihood") ? 1 : 0, [JOB.bounded]: bounded });
  writeDoubles(memory, job, { [JOB.alpha]: aux.params["alpha"]!, [JOB.powerBound]: powerBound });
  runFrames(context, pass, { program, name: "fourierUpdate", job, roots: true });
  const count = block.loaded.block.frames;
  const errors = arrays.flat(judge.buffers["errors"]!, "update") as Float64Array;
  const { start } = recordRange(judge.buffers["errors"]!.layout, { loaded: block.loaded, frame: 0, mode: null });
  const records = new Float64Array(memory.memory.buffer, block.records(), count * FRAME_RECORD.bytes / 8);
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
  const pods = podsOf(context, { name: pass.name, call: model, ...bothOf(context, model), exitWave });
  return runBeginning(context, pass, { name: "beginExitWaves", pods });
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
  const pods = podsOf(context, { name: pass.name, call, ...both, exitWave, spectrum });
  return runBeginning(context, pass, { name: "beginSpectra", pods });
}

function runBeginning(
  context: PassContext,
  pass: Pass,
  { name, pods }: { name: "beginExitWaves" | "beginSpectra"; pods: number | null },
): boolean {
  if (pods === null) return false;
  const program = openProjection(context);
  runFrames(context, pass, { program, name, job: frameJob(context, program, pods), roots: false });
  return true;
}

/** Runs a pass over bands of `rows` rows, which every pod adds to in its turn. */
function runBands(
  { memory, programs, block }: PassContext,
  pass: Pass,
  { program, name, job, pods, rows }: {
    readonly program: OpenProgram;
    readonly name: "objectUpdate" | "probeUpdate";
    readonly job: number;
    readonly pods: number;
    readonly rows: number;
  },
): void {
  const { modes } = block.loaded.block;
  block.frames.each({ pass, roots: false }, ({ start, end }) => {
    writeIntegers(memory, job, { [JOB.pods]: pods + start * modes * POD_RECORD.bytes });
    const range = { start: 0, end: rows, pods: (end - start) * modes };
    programs.run(program, name, { job, range, chunk: rowsAtOnce(rows, programs) });
  });
}

function objectUpdate(context: PassContext, pass: Pass): boolean {
  const { memory, arrays, objects } = context;
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
  const job = frameJob(context, program, pods);
  writeIntegers(memory, job, {
    [JOB.objectSumRe]: 0,
    [JOB.objectSumIm]: objects.bytes / 2,
    [JOB.objectNorm]: norm.address - sum.address,
  });
  runBands(context, pass, { program, name: "objectUpdate", job, pods, rows: mostRows(objects) });
  return true;
}

function probeUpdate(context: PassContext, pass: Pass): boolean {
  const { memory, arrays, probes, block } = context;
  const call = pass.calls[0]!;
  const sum = arrays.planes(call.buffers["sum"]!, probes, "update");
  const norm = arrays.planes(call.buffers["norm"]!, probes, "update");
  const object = arrays.planes(call.buffers["object"]!, context.objects, "read");
  const exitWave = wavesOf(context, call, "exitWave");
  const pods = podsOf(context, { name: pass.name, call, probe: sum, object, exitWave });
  if (pods === null) return false;
  const program = openProjection(context);
  const job = frameJob(context, program, pods);
  writeIntegers(memory, job, { [JOB.probeSum]: 0, [JOB.probeNorm]: norm.address - sum.address });
  runBands(context, pass, { program, name: "probeUpdate", job, pods, rows: block.loaded.block.rows });
  return true;
}
