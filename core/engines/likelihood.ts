/** The likelihood of all frames: its gradient, and its parabola along a search direction. */

import { storeWave } from "../../kernels/auxiliary_wave/store_wave.ts";
import { makeModel } from "../../kernels/auxiliary_wave/make_model.ts";
import { fillWide } from "../../kernels/array/fill.ts";
import type { ResidentBlock } from "../../kernels/device.ts";
import { objectGradient, probeGradient } from "../../kernels/gradient_descent/gradient.ts";
import { lineGaussian, linePoisson } from "../../kernels/gradient_descent/line_search.ts";
import { makeChange } from "../../kernels/gradient_descent/make_change.ts";
import { floatingIntensity, modelIntensity } from "../../kernels/gradient_descent/model_intensity.ts";
import {
  gaussianResidual,
  logFactorials,
  poissonResidual,
  scaleWave,
} from "../../kernels/gradient_descent/residual.ts";
import { type Buffer, type FrameCall, frameCall, framePass, wholeCall } from "../../kernels/pass.ts";
import { propagateBackward, propagateForward } from "../../kernels/propagation/propagate.ts";
import type { EngineContext } from "./engine.ts";
import { scratchImage, scratchWave } from "./exit_waves.ts";

/** What the likelihood reads of the parameters. */
export interface LikelihoodParams {
  readonly ML_type: "gaussian" | "poisson";
  readonly floating_intensities: boolean;
  readonly intensity_renormalization: number;
}

/** The likelihood of all frames as recorded work. */
export interface Likelihood {
  /** Adds the gradients to two sums that begin with zeros, and sets the errors to (0, likelihood per pixel, 0). */
  gradient(sums: { readonly object: Buffer<"wide_complex">; readonly probe: Buffer<"wide_complex"> }): void;
  /** Sets `frameSums`, (frame, 2), to the first two coefficients of the likelihood along two directions. */
  line(directions: { readonly object: Buffer<"complex">; readonly probe: Buffer<"complex"> }): void;
  readonly frameSums: Buffer<"wide">;
}

/** Prepares the likelihood. The model waves at the detector are kept between `gradient` and `line`. */
export function openLikelihood(context: EngineContext, p: LikelihoodParams): Likelihood {
  const { resident } = context;
  const frameSums = resident.alloc("line sums", { element: "wide", count: 2, extent: "frames" });
  const coefficient = resident.alloc("coefficients", { element: "wide", count: 1, extent: "frames" });
  resident.run(wholeCall(fillWide, { array: coefficient }, { value: 1 }));
  const blocks = resident.blocks.map((block) => openBlock(context, { block, p, coefficient, frameSums }));
  return {
    frameSums,
    gradient(sums) {
      for (const { index, gradient } of blocks) {
        resident.run(framePass("likelihood_gradient", { block: index, calls: gradient(sums) }));
      }
    },
    line(directions) {
      for (const { index, line } of blocks) {
        resident.run(framePass("likelihood_line", { block: index, calls: line(directions) }));
      }
    },
  };
}

interface BlockOptions {
  readonly block: ResidentBlock;
  readonly p: LikelihoodParams;
  readonly coefficient: Buffer<"wide">;
  readonly frameSums: Buffer<"wide">;
}

function openBlock({ resident, errors }: EngineContext, { block, p, coefficient, frameSums }: BlockOptions): {
  readonly index: number;
  readonly gradient: (sums: Parameters<Likelihood["gradient"]>[0]) => FrameCall[];
  readonly line: (directions: Parameters<Likelihood["line"]>[0]) => FrameCall[];
} {
  const { probe, object } = resident;
  const { index, diffraction, mask, address } = block;
  const renormalization = p.intensity_renormalization === 0 ? 1 : p.intensity_renormalization;
  const poisson = p.ML_type === "poisson" ? 1 : 0;
  const wave = scratchWave(resident, index);
  const second = scratchWave(resident, index);
  const residual = scratchImage(resident, index);
  const model = resident.alloc("model", {
    element: "complex",
    count: block.block.rows * block.block.cols,
    extent: "block",
    perMode: true,
    block: index,
  });
  const base = resident.alloc("log factorials", { element: "wide", count: 1, extent: "block", block: index });
  if (poisson === 1) {
    const calls = [frameCall(logFactorials, { base, diffraction }, {})];
    resident.run(framePass("log_factorials", { block: index, calls }));
  }
  const judge = poisson === 1
    ? frameCall(poissonResidual, { residual, diffraction, mask, errors, base }, {})
    : frameCall(gaussianResidual, { residual, diffraction, mask, errors }, { renormalization });
  const float = frameCall(floatingIntensity, { intensity: residual, diffraction, mask, coefficient }, {
    poisson,
    renormalization,
  });
  const search = { sums: frameSums, model, change: wave, second, diffraction, mask, coefficient };
  return {
    index,
    gradient: (sums) => [
      frameCall(makeModel, { wave, probe, object, address }, {}),
      frameCall(propagateForward, { wave, address }, {}),
      frameCall(storeWave, { stored: model, wave }, {}),
      frameCall(modelIntensity, { intensity: residual, wave }, {}),
      ...(p.floating_intensities ? [float] : []),
      judge,
      frameCall(scaleWave, { wave, residual }, {}),
      frameCall(propagateBackward, { wave, address }, {}),
      frameCall(objectGradient, { gradient: sums.object, wave, probe, address }, {}),
      frameCall(probeGradient, { gradient: sums.probe, wave, object, address }, {}),
    ],
    line: (directions) => [
      frameCall(makeChange, {
        wave,
        probe,
        probeDirection: directions.probe,
        object,
        objectDirection: directions.object,
        address,
      }, {}),
      frameCall(propagateForward, { wave, address }, {}),
      frameCall(makeModel, { wave: second, probe: directions.probe, object: directions.object, address }, {}),
      frameCall(propagateForward, { wave: second, address }, {}),
      poisson === 1 ? frameCall(linePoisson, search, {}) : frameCall(lineGaussian, search, { renormalization }),
    ],
  };
}
