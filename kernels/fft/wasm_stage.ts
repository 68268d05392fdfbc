/** One stage of side-by-side lines: butterflies over blocks of elements, every element a run of vectors. */

import type { Assembler } from "../wasm/assembler.ts";
import { i32, v128 } from "../wasm/expressions.ts";
import type { FunctionBody, FunctionHandle, Local } from "../wasm/function_body.ts";
import { type Lanes, VECTOR_BYTES } from "../wasm/lanes.ts";
import { butterfly, type ComplexLanes, complexLanes, multiply, plainLanes } from "./wasm_butterfly.ts";
import { type Tables, unitRoot } from "./wasm_tables.ts";

/** What a stage does to how many elements. */
export interface StageShape {
  readonly index: number;
  readonly radix: number;
  /** Elements of a block before this stage. */
  readonly block: number;
  /** Elements from one input of a butterfly to the next: butterflies in a block. */
  readonly step: number;
  /** Blocks in one call. */
  readonly blocks: number;
}

/** Where elements are read or written. */
export interface Side {
  /** Bytes from an element to the next. */
  readonly stride: number;
  /** Bytes from the real to the imaginary plane, if known: then one pointer does for both. */
  readonly plane: number | undefined;
}

/** A stage and its surroundings. */
export interface Stage extends StageShape {
  readonly name: string;
  readonly input: Side;
  readonly output: Side;
  /** Outputs replace inputs. */
  readonly inPlace: boolean;
  /** Whether the place of each butterfly's first output, in bytes, comes from the order table. */
  readonly ordered: boolean;
  /** Elements from one output of a butterfly to the next. */
  readonly outStep: number;
}

/** Parameters of a stage: planes, bytes side by side, tables, place in the order table. */
export const STAGE_PARAMS = {
  inRe: "i32",
  inIm: "i32",
  outRe: "i32",
  outIm: "i32",
  width: "i32",
  tables: "i32",
  order: "i32",
} as const;

/** Adds a function with STAGE_PARAMS. */
export function defineStage(assembler: Assembler, { lanes, tables, stage }: {
  lanes: Lanes;
  tables: Tables;
  stage: Stage;
}): FunctionHandle {
  const { radix, step, blocks, input, output, inPlace, ordered } = stage;
  const factorsOffset = step === 1 ? undefined : tables.addReal(factorTable(stage));
  const factorBytes = 2 * (radix - 1) * lanes.bytes;
  return assembler.define({ name: stage.name, params: STAGE_PARAMS }, (body, p) => {
    const dft = butterfly(body, { lanes, radix });
    const reading = input.plane === undefined ? [p.inRe, p.inIm] : [p.inRe];
    const writing = inPlace ? [] : output.plane === undefined ? [p.outRe, p.outIm] : [p.outRe];
    const factorsAt = body.local("i32");
    const advance = (elements: number) => {
      for (const pointer of reading) body.advance(pointer, elements * input.stride);
      if (!ordered) { for (const pointer of writing) body.advance(pointer, elements * output.stride); }
    };

    body.repeat(blocks, () => {
      if (factorsOffset !== undefined) body.set(factorsAt, i32.add(p.tables, i32.const(factorsOffset)));
      body.repeat(step, () => {
        const factors = factorsOffset === undefined ? [] : loadFactors(body, { lanes, radix, factorsAt });
        const from = reading.map((pointer) => body.keep<"i32">(pointer));
        const target = ordered ? body.keep(i32.load(p.order)) : undefined;
        const to = inPlace
          ? from
          : writing.map((pointer) => body.keep<"i32">(target === undefined ? pointer : i32.add(pointer, target)));
        const move = [...new Set([...from, ...to])].map((pointer) => [pointer, VECTOR_BYTES] as const);
        body.sweep({ move, until: body.keep(i32.add(from[0]!, p.width)) }, () => {
          dft((k) => loadElement(body, from, { side: input, element: k * step }), (j, value) => {
            const w = factors[j - 1];
            const z = w === undefined ? value : multiply(body, { lanes, z: value, w });
            storeElement(body, to, { side: output, element: j * stage.outStep, z: plainLanes(z, lanes) });
          });
        });
        advance(1);
        if (ordered) body.advance(p.order, 4);
        if (factorsOffset !== undefined) body.advance(factorsAt, factorBytes);
      });
      advance((radix - 1) * step);
    });
  });
}

function loadFactors(body: FunctionBody, { lanes, radix, factorsAt }: {
  lanes: Lanes;
  radix: number;
  factorsAt: Local<"i32">;
}) {
  return Array.from({ length: radix - 1 }, (_, j) => ({
    re: body.keep(lanes.loadSplat(factorsAt, 2 * j * lanes.bytes)),
    im: body.keep(lanes.loadSplat(factorsAt, (2 * j + 1) * lanes.bytes)),
  }));
}

function loadElement(body: FunctionBody, from: readonly Local<"i32">[], { side, element }: {
  side: Side;
  element: number;
}): ComplexLanes {
  const offset = element * side.stride;
  const im = side.plane === undefined ? v128.load(from[1]!, offset) : v128.load(from[0]!, offset + side.plane);
  return complexLanes(body.keep(v128.load(from[0]!, offset)), body.keep(im));
}

function storeElement(body: FunctionBody, to: readonly Local<"i32">[], { side, element, z }: {
  side: Side;
  element: number;
  z: ReturnType<typeof plainLanes>;
}): void {
  const offset = element * side.stride;
  body.storeV128(to[0]!, z.re, { offset });
  if (side.plane === undefined) body.storeV128(to[1]!, z.im, { offset });
  else body.storeV128(to[0]!, z.im, { offset: offset + side.plane });
}

/** For each p: re and im of exp(-2 pi i p j / block), j = 1 .. radix - 1. */
function factorTable({ radix, block, step }: StageShape): Float64Array {
  const values: number[] = [];
  for (let p = 0; p < step; p++) {
    for (let j = 1; j < radix; j++) {
      const { re, im } = unitRoot(p * j, block);
      values.push(re, im);
    }
  }
  return new Float64Array(values);
}
