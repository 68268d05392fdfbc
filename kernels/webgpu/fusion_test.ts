/** Fusion: which calls a propagation takes over, and that a pass gives the same with it, at awkward sizes. */

import { assertEquals } from "@std/assert/equals.js";
import { buildAux } from "../auxiliary_wave/build_aux.ts";
import { buildExit } from "../auxiliary_wave/build_exit.ts";
import { makeModel } from "../auxiliary_wave/make_model.ts";
import { storeWave } from "../auxiliary_wave/store_wave.ts";
import type { Resident } from "../device.ts";
import { fmagUpdate } from "../fourier_update/fmag_update.ts";
import { fourierError } from "../fourier_update/fourier_error.ts";
import { logLikelihood } from "../fourier_update/log_likelihood.ts";
import { type Buffer, type FrameCall, frameCall, framePass } from "../pass.ts";
import { propagateBackward, propagateForward } from "../propagation/propagate.ts";
import { assertTwins, complexNumbers, createNumbers, gpuForTests, twinData, type TwinShape } from "../twins.ts";
import { fuseCalls, type FusionLimits } from "./fusion.ts";

const gpu = await gpuForTests();
const LIMITS: FusionLimits = { modes: 1, storageBuffers: 16, addressAt: () => [], readsOnce: true };

/** The steps as words: what is before and after each call, and `!` where the wave is not kept. */
function describe(calls: readonly FrameCall[], limits: Partial<FusionLimits> = {}): string[] {
  return fuseCalls(calls, { ...LIMITS, ...limits }).map(({ call, source, sink, keep }) =>
    [source, call, sink].map((c) => c?.kernel.name).filter((name) => name !== undefined).join("+") + (keep ? "" : "!")
  );
}

/** A buffer without anything behind it. */
function scratch(name: string): Buffer<never> {
  return { layout: { name, element: "complex", count: 1, extent: "scratch", perMode: true, block: 0 } } as never;
}

Deno.test("fuseCalls() joins what works on the same wave, and drops a wave that nobody reads", () => {
  const [wave, other, rest] = [scratch("wave"), scratch("other"), scratch("rest")];
  const address = rest;
  const model = frameCall(makeModel, { wave, probe: rest, object: rest, address }, {});
  const forward = frameCall(propagateForward, { wave, address }, {});
  const likelihood = frameCall(logLikelihood, { wave, diffraction: rest, mask: rest, errors: rest }, {});
  assertEquals(describe([model, forward, likelihood]), ["make_model+propagate_forward+log_likelihood!"]);
  assertEquals(describe([model, forward, likelihood, model]), [
    "make_model+propagate_forward+log_likelihood!",
    "make_model",
  ]);
  assertEquals(describe([model, forward, likelihood, likelihood]), [
    "make_model+propagate_forward+log_likelihood",
    "log_likelihood",
  ]);
  const elsewhere = frameCall(propagateForward, { wave: other, address }, {});
  assertEquals(describe([model, elsewhere, likelihood]), ["make_model", "propagate_forward", "log_likelihood"]);
  // Sums over modes need all of them; some bindings are too many.
  assertEquals(describe([model, forward, likelihood], { modes: 2 }), [
    "make_model+propagate_forward",
    "log_likelihood",
  ]);
  assertEquals(describe([model, forward], { storageBuffers: 5 }), ["make_model", "propagate_forward"]);
  const moved = frameCall(makeModel, { wave, probe: rest, object: rest, address: other }, {});
  assertEquals(describe([moved, forward], { addressAt: () => ["source"] }), ["make_model", "propagate_forward"]);
});

Deno.test("fuseCalls() leaves a source that sums where elements are read more than once", () => {
  const [wave, rest] = [scratch("wave"), scratch("rest")];
  const exit = frameCall(buildExit, { exitWave: rest, wave, model: rest, within: rest, errors: rest }, { alpha: 1 });
  const backward = frameCall(propagateBackward, { wave, address: rest }, {});
  assertEquals(describe([exit, backward]), ["build_exit+propagate_backward"]);
  assertEquals(describe([exit, backward], { readsOnce: false }), ["build_exit", "propagate_backward"]);
});

const SHAPES: readonly TwinShape[] = [
  { frames: 1, modes: 1, rows: 1, cols: 1 },
  { frames: 3, modes: 1, rows: 7, cols: 5 },
  { frames: 3, modes: 2, rows: 17, cols: 38 },
  { frames: 2, modes: 1, rows: 96, cols: 33 },
  { frames: 1, modes: 1, rows: 2, cols: 1031 },
  { frames: 1, modes: 1, rows: 1031, cols: 3 },
];

for (const shape of SHAPES) {
  for (const near of [false, true]) {
    Deno.test({
      name: `a fused Fourier update agrees with the reference at ${Deno.inspect(shape)}, ${
        near ? "near" : "far"
      } field`,
      ignore: gpu === null,
      async fn() {
        const { data, state } = twinData(shape, { near });
        const [block] = data.blocks;
        // Factors are looked up per pod only where there are several.
        for (const propagators of [block!.propagators, block!.propagators.slice(0, 1)]) {
          const address = block!.address.map((v, i) => i % 7 === 5 ? v % propagators.length : v);
          const { frames, modes, rows, cols } = shape;
          const spectrum = {
            ...complexNumbers(frames * modes * rows * cols, createNumbers(3)),
            shape: [frames * modes, rows, cols],
          };
          const work = {
            data: { ...data, blocks: [{ ...block!, propagators, address }] },
            state: { ...state, arrays: { ...state.arrays, spectrum } },
            record: (resident: Resident) => [framePass("fourier_update", { block: 0, calls: update(resident, shape) })],
          };
          await assertTwins(gpu!, work, { tolerance: "projection" });
          await assertTwins(gpu!, work, { tolerance: "projection", options: { scratchBytes: 8 } });
        }
      },
    });
  }
}

/** The Fourier update of the difference map. */
function update(resident: Resident, { frames, modes, rows, cols }: TwinShape): FrameCall[] {
  const { probe, object } = resident;
  const { diffraction, mask, address } = resident.blocks[0]!;
  const count = rows * cols;
  const pods = {
    element: "complex",
    count,
    extent: "block",
    perMode: true,
    block: 0,
    shape: [frames * modes, rows, cols],
  } as const;
  const wide = (name: string) =>
    resident.alloc(name, { element: "wide_complex", count, extent: "scratch", perMode: true });
  const number = (name: string, size: number) =>
    resident.alloc(name, { element: "wide", count: size, extent: "scratch" });
  const [wave, model] = [wide("wave"), wide("model")];
  const [amplitude, deviation] = [number("amplitude", count), number("deviation", 2)];
  const spectrum = resident.alloc("spectrum", pods);
  const stored = resident.alloc("exit", pods);
  const errors = resident.alloc("errors", { element: "wide", count: 3, extent: "frames", shape: [frames, 3] });
  const limit = { powerBound: 2, bounded: 1 };
  return [
    frameCall(makeModel, { wave: model, probe, object, address }, {}),
    frameCall(propagateForward, { wave: model, address }, {}),
    frameCall(logLikelihood, { wave: model, diffraction, mask, errors }, {}),
    frameCall(buildAux, { wave, model, exitWave: spectrum }, { alpha: 0.8 }),
    frameCall(fourierError, { wave, diffraction, mask, amplitude, deviation, errors }, limit),
    frameCall(fmagUpdate, { wave, amplitude, diffraction, mask, deviation }, limit),
    frameCall(buildExit, { exitWave: spectrum, wave, model, within: deviation, errors }, { alpha: 0.8 }),
    frameCall(propagateBackward, { wave, address }, {}),
    frameCall(storeWave, { stored, wave }, {}),
  ];
}
