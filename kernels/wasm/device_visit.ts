/** The sweep over single pods on the WASM device. */

import { recordRange } from "../frame_records.ts";
import type { Pass } from "../pass.ts";
import { packPlanes, type PlanePart } from "./device_planes.ts";
import {
  bothOf,
  callsByName,
  type PassContext,
  type PassForm,
  podsOf,
  wavesOf,
  writeDoubles,
  writeIntegers,
} from "./device_passes.ts";
import { lanesOf, VECTOR_BYTES } from "./lanes.ts";
import { generateVisit, VISIT_JOB } from "./visit_pass.ts";

const SWEEP = "make_model propagate_forward replace_magnitude propagate_backward exit_difference object_update_local";

/** Forms by signature. */
export const VISIT_FORMS: Readonly<Record<string, PassForm>> = {
  [SWEEP]: visitPods,
  [`${SWEEP} object_peak probe_update_local`]: visitPods,
};

const ERROR_BYTES = 24;

function visitPods(context: PassContext, pass: Pass): boolean {
  const { memory, arrays, programs, block, objects } = context;
  const { frames, modes } = block.loaded.block;
  const calls = callsByName(pass);
  const model = calls.get("make_model")!;
  const judge = calls.get("replace_magnitude")!;
  const peak = calls.get("object_peak");
  const part = objects.parts[0]!;
  const { bytes } = lanesOf(objects.precision);
  const rows = peak === undefined ? 0 : peak.params["count"]! / part.cols;
  if (pass.each !== "pod" || pass.order === undefined) return false;
  if (part.cols * bytes < VECTOR_BYTES || !isOneStorage(objects.parts, rows)) return false;
  const exitWave = wavesOf(context, calls.get("exit_difference")!, "exitWave");
  const both = bothOf(context, model);
  const pods = podsOf(context, { name: "visit", call: model, ...both, exitWave });
  if (pods === null) return false;
  const update = calls.get("probe_update_local");
  arrays.planes(model.buffers["object"]!, objects, "update");
  if (update !== undefined) arrays.planes(model.buffers["probe"]!, context.probes, "update");

  const program = openVisit(context);
  const job = block.piece("visit job", VISIT_JOB.bytes);
  const order = block.piece("visit order", 4 * frames * modes);
  new Int32Array(memory.memory.buffer, order, pass.order.length).set(pass.order);
  const errors = block.piece("visit errors", ERROR_BYTES * frames * modes);
  const support = update === undefined ? 0 : supportPlane(context, update.params["support"]!);
  writeIntegers(memory, job, {
    [VISIT_JOB.frames]: block.records(),
    [VISIT_JOB.pods]: pods,
    [VISIT_JOB.tables]: program.tables,
    [VISIT_JOB.order]: order,
    [VISIT_JOB.errors]: errors,
    [VISIT_JOB.support]: support,
    [VISIT_JOB.updateProbe]: update === undefined ? 0 : 1,
    [VISIT_JOB.objectRe]: both.object.address + part.re,
    [VISIT_JOB.objectIm]: both.object.address + part.im,
    [VISIT_JOB.objectPitch]: part.pitch * bytes,
    [VISIT_JOB.objectRows]: rows,
    [VISIT_JOB.objectWidth]: part.cols * bytes,
  });
  writeDoubles(memory, job, {
    [VISIT_JOB.alpha]: calls.get("object_update_local")!.params["alpha"]!,
    [VISIT_JOB.beta]: update?.params["beta"] ?? 0,
  });
  block.frames.each({ pass, roots: true }, (range) => {
    programs.run(program, "visit", { job, range, chunk: range.end - range.start, isSequential: true });
  });
  const { layout } = judge.buffers["errors"]!;
  const { start } = recordRange(layout, { loaded: block.loaded, frame: 0, mode: 0 });
  const found = new Float64Array(memory.memory.buffer, errors, 3 * frames * modes);
  const kept = arrays.flat(judge.buffers["errors"]!, "update") as Float64Array;
  for (const pod of pass.order) {
    for (let i = 0; i < 3; i++) kept[start + 3 * pod + i] = found[3 * pod + i]!;
  }
  return true;
}

/** Whether the first `rows` rows of the parts are whole layers that lie one after the other. */
function isOneStorage(parts: readonly PlanePart[], rows: number): boolean {
  let done = 0;
  for (const part of parts) {
    if (done >= rows) break;
    if (part.cols !== parts[0]!.cols) return false;
    done += part.rows;
  }
  return rows === 0 || done === rows;
}

function openVisit({ memory, programs, block }: PassContext) {
  const { plan, kind, loaded: { block: { modes } } } = block;
  const { rows, cols, precision } = plan.layout;
  const { counts } = block.frames.measured();
  return programs.open(`visit ${rows} ${cols} ${precision} ${modes} ${kind} ${counts}`, {
    kind: "visit",
    generate: () => generateVisit(plan, { modes, kind: kind!, sharedPages: memory.sharedPages, counts }),
  });
}

/** Address of a plane that is 1 inside the probe's support disc and 0 outside; `support` < 0 for 1 everywhere. */
function supportPlane({ memory, block }: PassContext, support: number): number {
  const { rows, cols, pitch, planeBytes, precision } = block.plan.layout;
  return block.piece(`support ${support}`, planeBytes, (address) => {
    const limit = support < 0 ? Infinity : support * rows * cols;
    const disc = Float64Array.from({ length: rows * cols }, (_, i) => {
      const [dy, dx] = [Math.floor(i / cols) - (rows / 2 - 0.5), i % cols - (cols / 2 - 0.5)];
      return Math.PI * (dy * dy + dx * dx) < limit ? 1 : 0;
    });
    const planes = { precision, bytes: planeBytes, parts: [{ start: 0, re: 0, im: 0, rows, cols, pitch }] };
    packPlanes({ memory: memory.memory, address, planes }, disc, { isComplex: false });
  });
}
