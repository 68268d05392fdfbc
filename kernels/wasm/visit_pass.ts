/**
 * The pass of engines that visit pods one after the other, as one module: projection of a pod's wave on the measured magnitude, then
 * the updates of object and probe from that pod alone. One thread; everything a pod touches stays in the cache.
 * @see Maiden and Rodenburg, Ultramicroscopy 109 (2009) 1256, 10.1016/j.ultramic.2009.05.012, eqs. 4 to 7
 */

import type { WasmFftPlan } from "../fft/wasm_plan.ts";
import { createTables } from "../fft/wasm_tables.ts";
import { createAssembler } from "./assembler.ts";
import { type Expression, f32, f64, type I32, i32 } from "./expressions.ts";
import { defineFrameKernels } from "./frame_kernels.ts";
import { callResult } from "./function_body.ts";
import { lanesOf } from "./lanes.ts";
import { defineMeasuredRoots } from "./measured_roots.ts";
import { FRAME_RECORD, type FrameModule, POD_RECORD, type ProjectionCode } from "./projection_pass.ts";
import { definePropagation } from "./propagation.ts";
import { defineVisitKernels } from "./visit_kernels.ts";

/** Offsets in a visit job, in bytes; i32 but for `alpha` and `beta`, which are f64. Records are those of projection_pass.ts. */
export const VISIT_JOB = {
  /** Addresses of the first frame record, the first pod record and the tables of the transform. */
  frames: 0,
  pods: 4,
  tables: 8,
  /** Address of the indices of the pods, i32, in the order in which they are visited. */
  order: 12,
  /** Address of the pods' errors, f64 * 3 each: fourier error, 0, sum of the squared change. */
  errors: 16,
  /** Address of a real plane in the layout of waves, 1 where the probe may be, 0 elsewhere. */
  support: 20,
  /** 1 to update the probe as well. */
  updateProbe: 24,
  /** The object whose peak scales the probe's step: planes, bytes between rows, rows of all layers, bytes of a row in use. */
  objectRe: 28,
  objectIm: 32,
  objectPitch: 36,
  objectRows: 40,
  objectWidth: 44,
  alpha: 48,
  beta: 56,
  bytes: 64,
} as const;

/** Generates the module; `modes` is the number of pods per frame. */
export function generateVisit(plan: WasmFftPlan, { modes, kind, sharedPages, counts }: FrameModule): ProjectionCode {
  const assembler = createAssembler({ sharedPages });
  const { layout } = plan;
  const lanes = lanesOf(layout.precision);
  const tables = createTables(layout.precision);
  const common = defineFrameKernels(assembler, { layout, modes: 1 });
  const kernels = defineVisitKernels(assembler, layout);
  const propagation = definePropagation(assembler, { plan, tables, kernels: common, kind });
  const roots = defineMeasuredRoots(assembler, { layout, counts });
  const asScalar = (value: Expression<"f64">) => lanes.precision === "single" ? f32.fromF64(value) : value;
  const constant = (value: number) => asScalar(f64.const(value));
  const { excess } = propagation;

  const params = { job: "i32", start: "i32", end: "i32", scratch: "i32" } as const;
  assembler.define({ name: "visit", params, exported: true }, (body, p) => {
    const wave = body.keep(i32.add(p.scratch, i32.const(roots.scratchBytes)));
    const own = body.keep(i32.add(wave, i32.const(2 * layout.planeBytes)));
    const field = (offset: number) => i32.load(p.job, offset);
    const place = body.keep(i32.add(field(VISIT_JOB.order), i32.mul(p.start, i32.const(4))));
    body.sweep({ move: [[p.start, 1], [place, 4]], until: p.end }, () => {
      const index = body.keep(i32.load(place));
      const pod = body.keep(i32.add(field(VISIT_JOB.pods), i32.mul(index, i32.const(POD_RECORD.bytes))));
      const frame = i32.mul(i32.divU(index, i32.const(modes)), i32.const(FRAME_RECORD.bytes));
      const record = body.keep(i32.add(field(VISIT_JOB.frames), frame));
      const errors = body.keep(i32.add(field(VISIT_JOB.errors), i32.mul(index, i32.const(24))));
      const of = (name: keyof typeof POD_RECORD): I32 => i32.load(pod, POD_RECORD[name]);
      const patch = [of("probe"), of("objectRe"), of("objectIm"), of("objectPitch")];
      const propagate = [wave, of("factor"), field(VISIT_JOB.tables), own];
      /** `step / peak`, or 0 where the peak is 0. */
      const relative = (step: Expression<"f64">, peak: Expression<"f64">) => {
        const value = body.keep(peak);
        const dark = f64.eq(value, f64.const(0));
        return asScalar(f64.select(dark, { a: f64.const(0), b: f64.div(step, value) }));
      };

      body.call(common.makeModel, [wave, ...patch]);
      body.call(propagation.forward, propagate);
      const root = roots.at(body, p.scratch, i32.load(record, FRAME_RECORD.root));
      const replaced = [wave, root, constant(1 / excess), constant(1 / excess ** 2)];
      const sum = body.keep(callResult(kernels.replaceMagnitude, { type: "f64", args: replaced }));
      const valid = f64.load(record, FRAME_RECORD.valid);
      const dark = f64.le(valid, f64.const(0));
      body.storeF64(errors, f64.select(dark, { a: f64.const(0), b: f64.div(sum, valid) }));
      body.storeF64(errors, f64.const(0), { offset: 8 });
      body.call(propagation.backward, propagate);
      const moved = callResult(kernels.exitDifference, { type: "f64", args: [of("exitWave"), ...patch, wave] });
      body.storeF64(errors, moved, { offset: 16 });

      const probePeak = callResult(kernels.probePeak, { type: "f64", args: [of("probe")] });
      const alpha = relative(f64.load(p.job, VISIT_JOB.alpha), probePeak);
      body.call(kernels.objectUpdateLocal, [...patch, wave, alpha]);
      body.when(field(VISIT_JOB.updateProbe), () => {
        const object = (["objectRe", "objectIm", "objectPitch", "objectRows", "objectWidth"] as const).map((name) =>
          field(VISIT_JOB[name])
        );
        const objectPeak = callResult(kernels.objectPeak, { type: "f64", args: object });
        const beta = relative(f64.load(p.job, VISIT_JOB.beta), objectPeak);
        body.call(kernels.probeUpdateLocal, [...patch, wave, field(VISIT_JOB.support), beta]);
      });
    });
  });
  return {
    bytes: assembler.bytes(),
    tables: tables.bytes(),
    scratchBytes: roots.scratchBytes + 2 * layout.planeBytes + propagation.scratchBytes,
  };
}
