/** The likelihood's gradient and line search on the WASM device. */

import { recordRange } from "../frame_records.ts";
import { visitFrames } from "../measured.ts";
import type { Buffer, Pass } from "../pass.ts";
import {
  bothOf,
  callsByName,
  framesAtOnce,
  mostRows,
  type PassContext,
  type PassForm,
  podsOf,
  rowsAtOnce,
  runFrames,
  wavesOf,
  writeDoubles,
  writeIntegers,
} from "./device_passes.ts";
import type { OpenProgram } from "./device_programs.ts";
import { framesTogether } from "./device_overhead.ts";
import type { LikelihoodModel } from "./likelihood_kernels.ts";
import { photonsOf, poissonConstant } from "./likelihood_log.ts";
import { generateLikelihood, LIKELIHOOD_FRAME, LIKELIHOOD_JOB } from "./likelihood_pass.ts";

const BEFORE = "make_model propagate_forward store_wave model_intensity";
const AFTER = "scale_wave propagate_backward object_gradient probe_gradient";
const CHANGES = "make_change propagate_forward make_model propagate_forward";

/** Forms by signature. */
export const LIKELIHOOD_FORMS: Readonly<Record<string, PassForm>> = {
  [`${BEFORE} gaussian_residual ${AFTER}`]: gradient,
  [`${BEFORE} poisson_residual ${AFTER}`]: gradient,
  [`${BEFORE} floating_intensity gaussian_residual ${AFTER}`]: gradient,
  [`${BEFORE} floating_intensity poisson_residual ${AFTER}`]: gradient,
  [`${CHANGES} line_gaussian`]: line,
  [`${CHANGES} line_poisson`]: line,
};

interface Likelihood {
  readonly model: LikelihoodModel;
  readonly floating: boolean;
}

function gradient(context: PassContext, pass: Pass): boolean {
  const { memory, arrays, block, objects, probes } = context;
  const calls = callsByName(pass);
  const make = calls.get("make_model")!;
  const both = bothOf(context, make);
  const spectrum = wavesOf(context, calls.get("store_wave")!, "stored");
  const pods = podsOf(context, { name: "likelihood", call: make, ...both, spectrum });
  if (pods === null) return false;
  const floating = calls.get("floating_intensity");
  const judge = calls.get("gaussian_residual") ?? calls.get("poisson_residual")!;
  const model = judge.kernel.name === "gaussian_residual" ? "gaussian" : "poisson";
  const program = openLikelihood(context, { model, floating: floating !== undefined });
  const objectSum = arrays.planes(calls.get("object_gradient")!.buffers["gradient"]!, objects, "update");
  const probeSum = arrays.planes(calls.get("probe_gradient")!.buffers["gradient"]!, probes, "update");
  const waves = residualWaves(context);
  const at = block.piece("likelihood job", LIKELIHOOD_JOB.bytes);
  const records = frameRecords(context, model);
  writeDoubles(memory, at, { [LIKELIHOOD_JOB.renormalization]: judge.params["renormalization"] ?? 0 });
  writeIntegers(memory, at, {
    [LIKELIHOOD_JOB.frames]: records,
    [LIKELIHOOD_JOB.pods]: pods,
    [LIKELIHOOD_JOB.tables]: program.tables,
    [LIKELIHOOD_JOB.waves]: waves.address,
    [LIKELIHOOD_JOB.objectGradientRe]: objectSum.address - both.object.address,
    [LIKELIHOOD_JOB.objectGradientIm]: objectSum.address + objects.bytes / 2 - both.object.address,
    [LIKELIHOOD_JOB.probeGradient]: probeSum.address - both.probe.address,
  });
  block.frames.each({ pass, roots: true }, ({ start, end }) => {
    for (let from = start; from < end; from += waves.frames) {
      runTogether(context, { program, job: at, from, to: Math.min(end, from + waves.frames) });
    }
  });
  copyOut(context, { records, buffer: judge.buffers["errors"]!, offset: LIKELIHOOD_FRAME.errors, count: 3 });
  if (floating !== undefined) {
    const buffer = floating.buffers["coefficient"]!;
    copyOut(context, { records, buffer, offset: LIKELIHOOD_FRAME.coefficient, count: 1 });
  }
  return true;
}

/** Gradients of frames [from, to), whose back-propagated waves there is room for. */
function runTogether(
  { memory, programs, block, objects }: PassContext,
  { program, job, from, to }: { program: OpenProgram; job: number; from: number; to: number },
): void {
  writeIntegers(memory, job, { [LIKELIHOOD_JOB.first]: from });
  const { threads } = programs;
  const chunk = framesAtOnce(to - from, { threads, block: block.loaded.block });
  programs.run(program, "gradient", { job, range: { start: from, end: to, from, to }, chunk });
  const addUp = (name: "objectGradient" | "probeGradient", rows: number) =>
    programs.run(program, name, { job, range: { start: 0, end: rows, from, to }, chunk: rowsAtOnce(rows, programs) });
  addUp("objectGradient", mostRows(objects));
  addUp("probeGradient", block.loaded.block.rows);
}

function line(context: PassContext, pass: Pass): boolean {
  const { memory, arrays, block, objects, probes } = context;
  const change = pass.calls[0]!;
  const search = pass.calls.at(-1)!;
  const both = bothOf(context, change);
  const pods = podsOf(context, {
    name: "likelihood",
    call: change,
    ...both,
    spectrum: wavesOf(context, search, "model"),
  });
  if (pods === null) return false;
  const model = search.kernel.name === "line_gaussian" ? "gaussian" : "poisson";
  // A factor that floats is found in the records: the code is the same.
  const program = openLikelihood(context, { model, floating: false });
  const objectDirection = arrays.planes(change.buffers["objectDirection"]!, objects, "read");
  const probeDirection = arrays.planes(change.buffers["probeDirection"]!, probes, "read");
  const at = block.piece("likelihood job", LIKELIHOOD_JOB.bytes);
  const records = frameRecords(context, model);
  writeDoubles(memory, at, { [LIKELIHOOD_JOB.renormalization]: search.params["renormalization"] ?? 0 });
  writeIntegers(memory, at, {
    [LIKELIHOOD_JOB.frames]: records,
    [LIKELIHOOD_JOB.pods]: pods,
    [LIKELIHOOD_JOB.tables]: program.tables,
    [LIKELIHOOD_JOB.objectDirectionRe]: objectDirection.address - both.object.address,
    [LIKELIHOOD_JOB.objectDirectionIm]: objectDirection.address + objects.bytes / 2 - both.object.address,
    [LIKELIHOOD_JOB.probeDirection]: probeDirection.address - both.probe.address,
  });
  runFrames(context, pass, { program, name: "line", job: at, roots: true });
  copyOut(context, { records, buffer: search.buffers["sums"]!, offset: LIKELIHOOD_FRAME.sums, count: 2 });
  return true;
}

/** Room for the back-propagated waves of some frames, which blocks of one shape share: every pass leaves zeros in the padding. */
function residualWaves({ memory, programs, block }: PassContext): { address: number; frames: number } {
  const { loaded: { block: { frames, modes, rows, cols } }, plan: { layout } } = block;
  const frameBytes = 2 * modes * layout.planeBytes;
  const { threads } = programs;
  const together = Math.min(frames, framesTogether({ frameBytes, threads, memoryBytes: memory.mostBytes }));
  const name = `residual waves ${rows} ${cols} ${layout.precision} ${modes} ${together}`;
  return { address: programs.room(name, together * frameBytes), frames: together };
}

function openLikelihood({ memory, programs, block }: PassContext, { model, floating }: Likelihood): OpenProgram {
  const { plan, kind, loaded: { block: { modes } } } = block;
  const { rows, cols, precision } = plan.layout;
  const { counts } = block.frames.measured();
  return programs.open(`likelihood ${rows} ${cols} ${precision} ${modes} ${kind} ${counts} ${model} ${floating}`, {
    kind: "likelihood",
    generate: () =>
      generateLikelihood(plan, { modes, kind: kind!, sharedPages: memory.sharedPages, counts, model, floating }),
  });
}

/** Address of the frame records, written once. */
function frameRecords({ memory, block }: PassContext, model: LikelihoodModel): number {
  const { frames, measured } = block.loaded.block;
  return block.piece(`likelihood frames ${model}`, frames * LIKELIHOOD_FRAME.bytes, (at) => {
    visitFrames(measured, ({ frame, diffraction, mask }) => {
      const record = at + frame * LIKELIHOOD_FRAME.bytes;
      writeIntegers(memory, record, {
        [LIKELIHOOD_FRAME.root]: block.frames.measured().placeOf(frame),
      });
      writeDoubles(memory, record, {
        [LIKELIHOOD_FRAME.photons]: photonsOf(diffraction),
        [LIKELIHOOD_FRAME.constant]: model === "poisson" ? poissonConstant(diffraction, mask) : 0,
      });
    });
  });
}

/** Copies `count` doubles of every frame's record into a buffer over all frames. */
function copyOut(
  { memory, arrays, block }: PassContext,
  { records, buffer, offset, count }: { records: number; buffer: Buffer; offset: number; count: number },
): void {
  const { frames } = block.loaded.block;
  const stride = LIKELIHOOD_FRAME.bytes / 8;
  const found = new Float64Array(memory.memory.buffer, records, frames * stride);
  const kept = arrays.flat(buffer, "update") as Float64Array;
  const { start } = recordRange(buffer.layout, { loaded: block.loaded, frame: 0, mode: null });
  for (let frame = 0; frame < frames; frame++) {
    for (let i = 0; i < count; i++) kept[start + count * frame + i] = found[stride * frame + offset / 8 + i]!;
  }
}
