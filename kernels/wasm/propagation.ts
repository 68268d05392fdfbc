/** Waves to the detector and back, unscaled, as functions of a module. */

import { type DefinedFft, defineFft } from "../fft/wasm_fft.ts";
import type { Tables } from "../fft/wasm_tables.ts";
import type { WasmFftPlan } from "../fft/wasm_plan.ts";
import type { Assembler } from "./assembler.ts";
import { i32 } from "./expressions.ts";
import type { FrameKernels } from "./frame_kernels.ts";
import type { FunctionHandle } from "./function_body.ts";

/** Kinds of propagators: one transform after a factor, or a convolution. */
export type PropagatorKind = "farfield" | "nearfield";

/** Parameters: (wave, factor, tables, scratch); a factor at 0 is left out. */
export interface Propagation {
  readonly forward: FunctionHandle;
  readonly backward: FunctionHandle;
  /** What a wave at the detector is larger than under a unitary propagator; on the way back another such factor comes. */
  readonly excess: number;
  /** Bytes of scratch. */
  readonly scratchBytes: number;
}

const PARAMS = { wave: "i32", factor: "i32", tables: "i32", scratch: "i32" } as const;

/** Adds the propagation of one wave. */
export function definePropagation(assembler: Assembler, { plan, tables, kernels, kind }: {
  plan: WasmFftPlan;
  tables: Tables;
  kernels: Pick<FrameKernels, "multiply" | "multiplyConjugate">;
  kind: PropagatorKind;
}): Propagation {
  const { layout } = plan;
  const points = layout.rows * layout.cols;
  const fft = defineFft(assembler, { plan, tables });
  const define = (name: string, steps: readonly Step[]) =>
    defineSteps(assembler, { name, steps, fft, kernels, planeBytes: layout.planeBytes });
  const farfield = kind === "farfield";
  return {
    forward: define("propagate_forward", farfield ? ["multiply", "forward"] : ["forward", "multiply", "inverse"]),
    backward: define(
      "propagate_backward",
      farfield ? ["inverse", "multiplyConjugate"] : ["forward", "multiplyConjugate", "inverse"],
    ),
    excess: farfield ? Math.sqrt(points) : points,
    scratchBytes: fft.scratchBytes,
  };
}

type Step = "multiply" | "multiplyConjugate" | "forward" | "inverse";

function defineSteps(assembler: Assembler, { name, steps, fft, kernels, planeBytes }: {
  name: string;
  steps: readonly Step[];
  fft: DefinedFft;
  kernels: Pick<FrameKernels, "multiply" | "multiplyConjugate">;
  planeBytes: number;
}): FunctionHandle {
  return assembler.define({ name, params: PARAMS }, (body, p) => {
    const im = i32.add(p.wave, i32.const(planeBytes));
    for (const step of steps) {
      if (step === "forward") body.call(fft.frame, [p.wave, im, p.tables, p.scratch]);
      else if (step === "inverse") body.call(fft.frame, [im, p.wave, p.tables, p.scratch]);
      else body.when(p.factor, () => body.call(kernels[step], [p.wave, p.factor]));
    }
  });
}
