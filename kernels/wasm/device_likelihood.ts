/** The likelihood's gradient and line search on the WASM device. */

import { recordRange } from "../frame_records.ts";
import { visitFrames } from "../measured.ts";
import type { Buffer, Pass } from "../pass.ts";
import {
  bothOf,
  callsByName,
  chunkOf,
  mostRows,
  type PassContext,
  type PassForm,
  podsOf,
  writeDoubles,
  writeIntegers,
} from "./device_passes.ts";
import type { OpenProgram } from "./device_programs.ts";
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

/** Room for back-propagated waves: what a large cache holds, so that the sums over them read little from the memory. */
const WAVE_BYTES = 8e6;

interface Likelihood {
  readonly model: LikelihoodModel;
  readonly floating: boolean;
}

function gradient(context: PassContext, pass: Pass): boolean {
  const { memory, arrays, programs, block, objects, probes } = context;
  const { frames, modes, rows } = block.loaded.block;
  const calls = callsByName(pass);
  const make = calls.get("make_model")!;
  const both = bothOf(context, make);
  const pods = podsOf(context, { name: "likelihood", call: make, ...both });
  if (pods === null) return false;
  const floating = calls.get("floating_intensity");
  const judge = calls.get("gaussian_residual") ?? calls.get("poisson_residual")!;
  const model = judge.kernel.name === "gaussian_residual" ? "gaussian" : "poisson";
  const program = openLikelihood(context, { model, floating: floating !== undefined });
  const objectSum = arrays.planes(calls.get("object_gradient")!.buffers["gradient"]!, objects, "update");
  const probeSum = arrays.planes(calls.get("probe_gradient")!.buffers["gradient"]!, probes, "update");
  const models = arrays.planes(calls.get("store_wave")!.buffers["stored"]!, block.waves, "update");
  const frameBytes = 2 * modes * block.plan.layout.planeBytes;
  const together = Math.min(frames, evenShares(Math.floor(WAVE_BYTES / frameBytes), programs.threads));
  const waves = block.piece("residual waves", together * frameBytes);
  const at = block.piece("likelihood job", LIKELIHOOD_JOB.bytes);
  const records = frameRecords(context, model);
  writeDoubles(memory, at, { [LIKELIHOOD_JOB.renormalization]: judge.params["renormalization"] ?? 0 });
  writeIntegers(memory, at, {
    [LIKELIHOOD_JOB.frames]: records,
    [LIKELIHOOD_JOB.pods]: pods,
    [LIKELIHOOD_JOB.tables]: program.tables,
    [LIKELIHOOD_JOB.models]: models.address,
    [LIKELIHOOD_JOB.waves]: waves,
    [LIKELIHOOD_JOB.objectGradientRe]: objectSum.address - both.object.address,
    [LIKELIHOOD_JOB.objectGradientIm]: objectSum.address + objects.bytes / 2 - both.object.address,
    [LIKELIHOOD_JOB.probeGradient]: probeSum.address - both.probe.address,
  });
  const threads = programs.threads;
  for (let from = 0; from < frames; from += together) {
    const to = Math.min(frames, from + together);
    const objectRows = mostRows(objects);
    writeIntegers(memory, at, { [LIKELIHOOD_JOB.first]: from });
    const run = (name: "gradient" | "objectGradient" | "probeGradient", [start, end]: readonly [number, number]) =>
      programs.run(program, name, { job: at, range: { start, end, from, to }, chunk: chunkOf(end - start, threads) });
    run("gradient", [from, to]);
    run("objectGradient", [0, objectRows]);
    run("probeGradient", [0, rows]);
  }
  copyOut(context, { records, buffer: judge.buffers["errors"]!, offset: LIKELIHOOD_FRAME.errors, count: 3 });
  if (floating !== undefined) {
    const buffer = floating.buffers["coefficient"]!;
    copyOut(context, { records, buffer, offset: LIKELIHOOD_FRAME.coefficient, count: 1 });
  }
  return true;
}

function line(context: PassContext, pass: Pass): boolean {
  const { memory, arrays, programs, block, objects, probes } = context;
  const change = pass.calls[0]!;
  const search = pass.calls.at(-1)!;
  const both = bothOf(context, change);
  const pods = podsOf(context, { name: "likelihood", call: change, ...both });
  if (pods === null) return false;
  const model = search.kernel.name === "line_gaussian" ? "gaussian" : "poisson";
  // A factor that floats is found in the records: the code is the same.
  const program = openLikelihood(context, { model, floating: false });
  const models = arrays.planes(search.buffers["model"]!, block.waves, "read");
  const objectDirection = arrays.planes(change.buffers["objectDirection"]!, objects, "read");
  const probeDirection = arrays.planes(change.buffers["probeDirection"]!, probes, "read");
  const at = block.piece("likelihood job", LIKELIHOOD_JOB.bytes);
  const records = frameRecords(context, model);
  writeDoubles(memory, at, { [LIKELIHOOD_JOB.renormalization]: search.params["renormalization"] ?? 0 });
  writeIntegers(memory, at, {
    [LIKELIHOOD_JOB.frames]: records,
    [LIKELIHOOD_JOB.pods]: pods,
    [LIKELIHOOD_JOB.tables]: program.tables,
    [LIKELIHOOD_JOB.models]: models.address,
    [LIKELIHOOD_JOB.objectDirectionRe]: objectDirection.address - both.object.address,
    [LIKELIHOOD_JOB.objectDirectionIm]: objectDirection.address + objects.bytes / 2 - both.object.address,
    [LIKELIHOOD_JOB.probeDirection]: probeDirection.address - both.probe.address,
  });
  const { frames } = block.loaded.block;
  const range = { start: 0, end: frames };
  programs.run(program, "line", { job: at, range, chunk: chunkOf(frames, programs.threads) });
  copyOut(context, { records, buffer: search.buffers["sums"]!, offset: LIKELIHOOD_FRAME.sums, count: 2 });
  return true;
}

/** About `count` frames, so many that no thread has one less than another. */
function evenShares(count: number, threads: number): number {
  return threads * Math.max(4, Math.round(count / threads));
}

function openLikelihood({ memory, programs, block }: PassContext, { model, floating }: Likelihood): OpenProgram {
  const { plan, kind, loaded: { block: { modes } } } = block;
  const { rows, cols, precision } = plan.layout;
  return programs.open(`likelihood ${rows} ${cols} ${precision} ${modes} ${kind} ${model} ${floating}`, {
    kind: "likelihood",
    generate: () => generateLikelihood(plan, { modes, kind: kind!, shared: memory.shared, model, floating }),
  });
}

/** Address of the frame records, written once. */
function frameRecords({ memory, block }: PassContext, model: LikelihoodModel): number {
  const { loaded: { block: { frames, measured } }, plan: { layout } } = block;
  const roots = block.roots();
  return block.piece(`likelihood frames ${model}`, frames * LIKELIHOOD_FRAME.bytes, (at) => {
    visitFrames(measured, ({ frame, diffraction, mask }) => {
      const record = at + frame * LIKELIHOOD_FRAME.bytes;
      writeIntegers(memory, record, { [LIKELIHOOD_FRAME.root]: roots + frame * layout.planeBytes });
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
