/** Conjugate directions and the step along them. */

import { defineKernel } from "../kernel.ts";
import complexModule from "../shared/complex.wgsl" with { type: "text" };
import gridModule from "../shared/grid.wgsl" with { type: "text" };
import reduceModule from "../shared/reduce.wgsl" with { type: "text" };
import turnDirectionText from "./turn_direction.wgsl" with { type: "text" };
import objectDirectionText from "./object_direction.wgsl" with { type: "text" };
import probeDirectionText from "./probe_direction.wgsl" with { type: "text" };
import chooseStepText from "./choose_step.wgsl" with { type: "text" };
import takeStepText from "./take_step.wgsl" with { type: "text" };

/** Places in the scalars of a conjugate gradient run. */
export const CG = {
  /** Scale of the probe against the object; 0 before the first iteration. */
  scale: 0,
  /** Factor of Polak and Ribiere, divided by the last step, because directions are stored as steps. */
  turn: 1,
  /** Last step length; 0 before the first iteration. */
  step: 2,
  /** Number of scalars. */
  count: 3,
} as const;

/**
 * Scale of the probe and factor of Polak and Ribiere from new and old gradients. Changes `scalars`.
 *
 * scalars               (CG.count)
 * objectGradient        all object layers  complex
 * oldObjectGradient     all object layers  complex
 * probeGradient         all probe layers   complex
 * oldProbeGradient      all probe layers   complex, already times the scale of its iteration
 *
 * `scale_precond` = 1 balances probe and object by their gradients' norms, averaged geometrically over iterations. `first` = 1 begins
 * with steepest descent.
 *
 * @see Thibault and Guizar-Sicairos, New Journal of Physics 14 (2012) 063004, 10.1088/1367-2630/14/6/063004, section 2.3
 */
export const turnDirection = defineKernel({
  name: "turn_direction",
  wgsl: {
    code: [complexModule, gridModule, reduceModule, turnDirectionText],
    over: "once",
    before: [{ entry: "turn_direction_share", over: "many" }],
    work: ({ many }) => 32 * many,
  },
  bindings: {
    scalars: "whole:wide:update",
    objectGradient: "whole:wide_complex:read",
    oldObjectGradient: "whole:complex:read",
    probeGradient: "whole:complex:read",
    oldProbeGradient: "whole:complex:read",
  },
  params: { scale_probe_object: "real", scale_precond: "flag", first: "flag" },
  cpu({ scalars, objectGradient, oldObjectGradient, probeGradient, oldProbeGradient }, params) {
    const object = products(objectGradient, oldObjectGradient);
    const probe = products(probeGradient, oldProbeGradient);
    setTurn(scalars, { object, probe }, params);
  },
});

/**
 * `direction = turn * direction - gradient`. Changes `direction`.
 *
 * direction, gradient  all object layers  complex
 * scalars              (CG.count)
 */
export const objectDirection = defineKernel({
  name: "object_direction",
  wgsl: {
    code: [gridModule, objectDirectionText],
    over: "each direction",
  },
  bindings: { direction: "whole:complex:update", gradient: "whole:wide_complex:read", scalars: "whole:wide:read" },
  params: {},
  cpu({ direction, gradient, scalars }) {
    const turn = scalars[CG.turn]!;
    for (let i = 0; i < direction.length; i++) direction[i] = turn * direction[i]! - gradient[i]!;
  },
});

/**
 * `oldGradient = scale * gradient`, then `direction = turn * direction - oldGradient`. Changes `direction` and `oldGradient`.
 *
 * direction, oldGradient, gradient  all probe layers  complex
 * scalars                           (CG.count)
 */
export const probeDirection = defineKernel({
  name: "probe_direction",
  wgsl: {
    code: [gridModule, probeDirectionText],
    over: "each direction",
  },
  bindings: {
    direction: "whole:complex:update",
    oldGradient: "whole:complex:write",
    gradient: "whole:complex:read",
    scalars: "whole:wide:read",
  },
  params: {},
  cpu({ direction, oldGradient, gradient, scalars }) {
    const turn = scalars[CG.turn]!;
    const scale = scalars[CG.scale]!;
    for (let i = 0; i < direction.length; i++) {
      oldGradient[i] = scale * gradient[i]!;
      direction[i] = turn * direction[i]! - oldGradient[i]!;
    }
  },
});

/**
 * The step to the minimum of the parabola `B0 + t B1 + t^2 B2`: `-B1 / (2 B2)`, or 0 where B2 is 0 (nothing to gain). Changes
 * `scalars`.
 *
 * scalars      (CG.count)
 * frameSums    (frame, 2)  B1 and B2 of every frame
 * regularizer  (2)         B1 and B2 of the prior
 */
export const chooseStep = defineKernel({
  name: "choose_step",
  wgsl: {
    code: [reduceModule, chooseStepText],
    over: "once",
  },
  bindings: { scalars: "whole:wide:update", frameSums: "whole:wide:read", regularizer: "whole:wide:read" },
  params: {},
  cpu({ scalars, frameSums, regularizer }) {
    let [first, square] = [0, 0];
    for (let i = 0; i < frameSums.length; i += 2) {
      first += frameSums[i]!;
      square += frameSums[i + 1]!;
    }
    const step = -0.5 * (first + regularizer[0]!) / (square + regularizer[1]!);
    scalars[CG.step] = square + regularizer[1]! === 0 ? 0 : step;
  },
});

/**
 * `direction *= step`, then `array += direction`. Changes `array` and `direction`.
 *
 * array, direction  probe or object  complex
 * scalars           (CG.count)
 */
export const takeStep = defineKernel({
  name: "take_step",
  wgsl: {
    code: [gridModule, takeStepText],
    over: "each array",
  },
  bindings: { array: "whole:complex:update", direction: "whole:complex:update", scalars: "whole:wide:read" },
  params: {},
  cpu({ array, direction, scalars }) {
    const step = scalars[CG.step]!;
    for (let i = 0; i < array.length; i++) {
      direction[i] = step * direction[i]!;
      array[i] = array[i]! + direction[i]!;
    }
  },
});

/** |x|^2, Re <x, y> and |y|^2 of a new gradient x and an old one y. */
export interface GradientProducts {
  readonly square: number;
  readonly mixed: number;
  readonly oldSquare: number;
}

/** Scale and turn from the gradients' products, as in `turnDirection`. Changes `scalars`. */
export function setTurn(
  scalars: Float64Array,
  { object, probe }: { readonly object: GradientProducts; readonly probe: GradientProducts },
  params: { readonly scale_probe_object: number; readonly scale_precond: number; readonly first: number },
): void {
  let scale = params.scale_probe_object;
  if (params.scale_precond === 1) {
    if (probe.square > 1e-5) scale *= object.square / probe.square;
    if (params.first === 0) scale = scalars[CG.scale]! ** 0.9 * scale ** 0.1;
  }
  const above = scale * (probe.square - probe.mixed) + object.square - object.mixed;
  const below = scale * probe.oldSquare + object.oldSquare;
  const step = scalars[CG.step]!;
  scalars[CG.scale] = scale;
  scalars[CG.turn] = params.first === 1 || below === 0 || step === 0 ? 0 : Math.max(0, above / below) / step;
}

function products(x: ArrayLike<number>, y: ArrayLike<number>): GradientProducts {
  let [square, mixed, oldSquare] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    square += x[i]! * x[i]!;
    mixed += x[i]! * y[i]!;
    oldSquare += y[i]! * y[i]!;
  }
  return { square, mixed, oldSquare };
}
