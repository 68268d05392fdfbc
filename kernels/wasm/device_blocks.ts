/** What the WASM passes of a block need in memory beside waves: measured roots, factors of propagators, records of frames and pods. */

import { type PlaneLayout, planWasmFft, type WasmFftPlan } from "../fft/wasm_plan.ts";
import type { LoadedBlock } from "../frame_records.ts";
import { type MeasuredFrames, visitFrames } from "../measured.ts";
import type { Precision } from "../nd_array.ts";
import { ADDRESS, type Block, type PropagatorFactors } from "../reconstruction.ts";
import type { DeviceMemory } from "./device_memory.ts";
import { packPlanes, type PlanePart, type Planes, type PlaneView, wavePlanes } from "./device_planes.ts";
import { lanesOf, viewMemory } from "./lanes.ts";
import { FRAME_RECORD, POD_RECORD } from "./projection_pass.ts";
import type { PropagatorKind } from "./propagation.ts";

/** A block in memory. */
export interface DeviceBlock {
  readonly loaded: LoadedBlock;
  readonly plan: WasmFftPlan;
  readonly waves: Planes;
  /** null if the block mixes propagators: then only twins work on it. */
  readonly kind: PropagatorKind | null;
  /** Address of the roots of the first frame; each frame has a plane. */
  roots(): number;
  /** Address of the frame records (FRAME_RECORD). */
  frames(): number;
  /**
   * Address of the pod records for these arrays, or null if some pod does not look at whole layers of them. Passes that want different
   * arrays keep records under different names, so that they are seldom written.
   */
  pods(name: string, wanted: PodArrays): number | null;
  /** A piece of memory that lives as long as the block; zeros, or what `fill` writes there the first time. */
  piece(name: string, bytes: number, fill?: (address: number) => void): number;
  /** Gives everything back. */
  clear(): void;
}

/** The arrays that pod records point into. */
export interface PodArrays {
  readonly probe: PlaneView;
  readonly object: PlaneView;
  /** Addresses of the waves of pod 0; 0 if the pass has none. */
  readonly exitWave: number;
  readonly spectrum: number;
  /** The address table, and what counts its changes. */
  readonly address: Int32Array;
  readonly version: number;
}

/** Prepares a block; memory is taken when it is first asked for. */
export function openDeviceBlock(memory: DeviceMemory, loaded: LoadedBlock, precision: Precision): DeviceBlock {
  const { block } = loaded;
  const { rows, cols } = block;
  const plan = planWasmFft({ rows, cols, precision });
  const kinds = new Set(block.propagators.map(({ kind }) => kind));
  const pieces = new Map<string, number>();
  let factors: number[] | null = null;
  const written = new Map<string, string>();

  function piece(name: string, bytes: number, fill?: (address: number) => void): number {
    const known = pieces.get(name);
    if (known !== undefined) return known;
    const at = memory.take(bytes, `"${name}" of block ${block.ID}`);
    pieces.set(name, at);
    fill?.(at);
    return at;
  }

  function roots(): number {
    const { layout } = plan;
    return piece("roots", block.frames * layout.planeBytes, (at) => writeRoots(memory.memory, { at, block, layout }));
  }

  return {
    loaded,
    plan,
    waves: wavePlanes(block, precision),
    kind: kinds.size === 1 ? [...kinds][0]! : null,
    piece,
    roots,
    frames() {
      const first = roots();
      return piece("frames", block.frames * FRAME_RECORD.bytes, (at) => {
        const view = new DataView(memory.memory.buffer);
        countValid(block.measured).forEach((valid, frame) => {
          const record = at + frame * FRAME_RECORD.bytes;
          view.setInt32(record + FRAME_RECORD.root, first + frame * plan.layout.planeBytes, true);
          view.setFloat64(record + FRAME_RECORD.valid, valid, true);
        });
      });
    },
    pods(name, wanted) {
      const { probe, object, exitWave, spectrum, version } = wanted;
      const at = piece(`pods ${name}`, block.frames * block.modes * POD_RECORD.bytes);
      factors ??= block.propagators.map((factor) => writeFactor(memory, factor, plan.layout));
      const key = [probe.address, object.address, exitWave, spectrum, version].join();
      if (key !== written.get(name)) {
        if (!writePods(memory.memory, { at, block, layout: plan.layout, factors, wanted })) return null;
        written.set(name, key);
      }
      return at;
    },
    clear() {
      for (const at of pieces.values()) memory.give(at);
      for (const at of factors ?? []) if (at !== 0) memory.give(at);
      pieces.clear();
      factors = null;
      written.clear();
    },
  };
}

function countValid({ frames, points, maskFrames, readMask }: MeasuredFrames): Float64Array {
  const mask = new Uint8Array(points);
  const count = (frame: number) => {
    readMask(frame, mask);
    return mask.reduce((valid, value) => valid + (value === 0 ? 0 : 1), 0);
  };
  if (maskFrames === 1) return new Float64Array(frames).fill(count(0));
  return Float64Array.from({ length: frames }, (_, frame) => count(frame));
}

/** Roots with the intensity's sign; infinity at masked pixels and in the padding. */
function writeRoots(memory: WebAssembly.Memory, { at, block, layout }: {
  at: number;
  block: Block;
  layout: PlaneLayout;
}): void {
  const { frames, rows, cols, measured } = block;
  const length = layout.planeBytes / lanesOf(layout.precision).bytes;
  const roots = viewMemory(memory, { precision: layout.precision, address: at, length: frames * length });
  roots.fill(Infinity);
  visitFrames(measured, ({ frame, diffraction, mask }) => {
    for (let y = 0, i = 0; y < rows; y++) {
      for (let to = frame * length + y * layout.pitch; i < (y + 1) * cols; i++, to++) {
        if (mask[i] === 0) continue;
        const intensity = diffraction[i]!;
        roots[to] = intensity < 0 ? -Math.sqrt(-intensity) : Math.sqrt(intensity);
      }
    }
  });
}

/** Address of a propagator's factor as a wave; 0 for a far field whose factor is 1 everywhere. */
function writeFactor(memory: DeviceMemory, factor: PropagatorFactors, layout: PlaneLayout): number {
  const table = factor.kind === "farfield" ? factor.pre : factor.kernel;
  if (factor.kind === "farfield" && table.every((v, i) => v === (i % 2 === 0 ? 1 : 0))) return 0;
  const { rows, cols, pitch, planeBytes, precision } = layout;
  const planes = { precision, bytes: 2 * planeBytes, parts: [{ start: 0, re: 0, im: planeBytes, rows, cols, pitch }] };
  const address = memory.take(planes.bytes, "a propagator");
  packPlanes({ memory: memory.memory, address, planes }, table, { isComplex: true });
  return address;
}

interface PodWriting {
  readonly at: number;
  readonly block: Block;
  readonly layout: PlaneLayout;
  readonly factors: readonly number[];
  readonly wanted: PodArrays;
}

/** Writes a record per pod; false if a pod looks at something that is not a layer of the frame's shape. */
function writePods(memory: WebAssembly.Memory, { at, block, layout, factors, wanted }: PodWriting): boolean {
  const { probe, object, exitWave, spectrum, address } = wanted;
  const probes = byStart(probe.planes);
  const objects = byStart(object.planes);
  const { bytes } = lanesOf(layout.precision);
  const view = new DataView(memory.buffer);
  for (let pod = 0; pod < block.frames * block.modes; pod++) {
    const row = pod * ADDRESS.columns;
    const of = (column: number) => address[row + column]!;
    const probePart = probes.get(of(ADDRESS.probeStart));
    const objectPart = objects.get(of(ADDRESS.objectStart));
    if (probePart?.rows !== block.rows || probePart.cols !== block.cols) return false;
    if (objectPart?.cols !== of(ADDRESS.objectStride)) return false;
    const first = (of(ADDRESS.oy) * objectPart.pitch + of(ADDRESS.ox)) * bytes;
    const wave = 2 * pod * layout.planeBytes;
    const fields: Record<Exclude<keyof typeof POD_RECORD, "bytes">, number> = {
      probe: probe.address + probePart.re,
      objectRe: object.address + objectPart.re + first,
      objectIm: object.address + objectPart.im + first,
      objectPitch: objectPart.pitch * bytes,
      objectRow: of(ADDRESS.oy),
      exitWave: exitWave + wave,
      factor: factors[of(ADDRESS.propagator)]!,
      spectrum: spectrum + wave,
    };
    for (const [name, value] of Object.entries(fields)) {
      view.setInt32(at + pod * POD_RECORD.bytes + POD_RECORD[name as keyof typeof POD_RECORD], value, true);
    }
  }
  return true;
}

function byStart({ parts }: Planes): Map<number, PlanePart> {
  return new Map(parts.map((part) => [part.start, part]));
}
