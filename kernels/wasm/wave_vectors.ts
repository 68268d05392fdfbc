/** Vectors of complex waves in planes: loads, stores and products, for the frame kernels. */

import type { PlaneLayout } from "../fft/wasm_plan.ts";
import { type V128, v128 } from "./expressions.ts";
import type { Walker } from "./frame_loops.ts";
import type { FunctionBody, Local } from "./function_body.ts";
import type { Lanes } from "./lanes.ts";

/** A complex number in every lane. */
export interface Complex {
  readonly re: V128;
  readonly im: V128;
}

/** A probe layer and the first pixel of an object patch: re, im, bytes from an object row to the next. */
export const PATCH = { probe: "i32", objectRe: "i32", objectIm: "i32", objectPitch: "i32" } as const;

/** The parameters of a patch. */
export type Patch = { readonly [K in keyof typeof PATCH]: Local<"i32"> };

/** Walkers over a probe layer and its patch of the object. */
export function patchWalkers({ probe, objectRe, objectIm, objectPitch }: Patch): Walker[] {
  return [{ at: probe }, { at: objectRe, step: objectPitch }, { at: objectIm, step: objectPitch }];
}

/** Which vector of a wave: bytes from the walker, pod. */
export interface Place {
  readonly layout: PlaneLayout;
  readonly shift: number;
  readonly mode?: number;
}

/** All ones in the lanes of valid pixels. */
export function isValid(lanes: Lanes, root: V128, infinity: V128): V128 {
  return lanes.gt(infinity, root);
}

/** probe * object where the walkers are. */
export function model(body: FunctionBody, patch: Patch, { lanes, layout, shift }: Place & { lanes: Lanes }): Complex {
  const object = { re: body.keep(v128.load(patch.objectRe, shift)), im: body.keep(v128.load(patch.objectIm, shift)) };
  const { re, im } = times(lanes, load(body, patch.probe, { layout, shift }), object);
  return { re: body.keep(re), im: body.keep(im) };
}

/** sum_m |wave|^2 where the walker is. */
export function intensityOf(body: FunctionBody, wave: Local<"i32">, { lanes, layout, shift, modes }: Place & {
  lanes: Lanes;
  modes: number;
}): V128 {
  const squares = Array.from(
    { length: modes },
    (_, mode) => body.keep(squared(lanes, load(body, wave, { layout, shift, mode }))),
  );
  return body.keep(squares.slice(1).reduce<V128>((sum, square) => lanes.add(sum, square), squares[0]!));
}

/** Loads a vector of a wave. */
export function load(body: FunctionBody, at: Local<"i32">, { layout, shift, mode = 0 }: Place): Complex {
  const offset = 2 * mode * layout.planeBytes + shift;
  return { re: body.keep(v128.load(at, offset)), im: body.keep(v128.load(at, offset + layout.planeBytes)) };
}

/** Stores a vector of a wave. */
export function store(
  body: FunctionBody,
  at: Local<"i32">,
  { re, im }: Complex,
  { layout, shift, mode = 0 }: Place,
): void {
  const offset = 2 * mode * layout.planeBytes + shift;
  body.storeV128(at, re, { offset });
  body.storeV128(at, im, { offset: offset + layout.planeBytes });
}

/** a * b. */
export function times(lanes: Lanes, a: Complex, b: Complex): Complex {
  return {
    re: lanes.sub(lanes.mul(a.re, b.re), lanes.mul(a.im, b.im)),
    im: lanes.add(lanes.mul(a.re, b.im), lanes.mul(a.im, b.re)),
  };
}

/** conj(a) * b. */
export function conjugateTimes(lanes: Lanes, a: Complex, b: Complex): Complex {
  return {
    re: lanes.add(lanes.mul(a.re, b.re), lanes.mul(a.im, b.im)),
    im: lanes.sub(lanes.mul(a.re, b.im), lanes.mul(a.im, b.re)),
  };
}

/** |a|^2. */
export function squared(lanes: Lanes, { re, im }: Complex): V128 {
  return lanes.add(lanes.mul(re, re), lanes.mul(im, im));
}
