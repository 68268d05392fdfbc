/** What the WASM passes of a block need in memory: frames in their places, factors of propagators, records of frames and pods. */

import { type PlaneLayout, planWasmFft, type WasmFftPlan } from "../fft/wasm_plan.ts";
import { type LoadedBlock, measuredHandles } from "../frame_records.ts";
import type { MeasuredFrames } from "../measured.ts";
import type { FramePlan } from "../memory_plan.ts";
import type { Precision } from "../nd_array.ts";
import { ADDRESS, type Block, type PropagatorFactors } from "../reconstruction.ts";
import type { Scratch } from "../scratch.ts";
import { type DeviceFrames, openDeviceFrames } from "./device_frames.ts";
import type { DeviceMemory } from "./device_memory.ts";
import type { Places } from "./device_places.ts";
import { packPlanes, type PlanePart, type Planes, type PlaneView } from "./device_planes.ts";
import { lanesOf } from "./lanes.ts";
import { FRAME_RECORD, POD_RECORD } from "./projection_pass.ts";
import type { PropagatorKind } from "./propagation.ts";

/** A block in memory. */
export interface DeviceBlock {
  readonly loaded: LoadedBlock;
  /** Handles of what was measured. */
  readonly handles: ReturnType<typeof measuredHandles>;
  readonly plan: WasmFftPlan;
  /** What was measured, and waves. */
  readonly frames: DeviceFrames;
  /** null if the block mixes propagators or scales them: then only twins work on it. */
  readonly kind: PropagatorKind | null;
  /** Address of the frame records (FRAME_RECORD). */
  records(): number;
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
  /** Addresses of the waves in the first place; 0 if the pass has none. */
  readonly exitWave: number;
  readonly spectrum: number;
  /** The address table, and what counts its changes. */
  readonly address: Int32Array;
  readonly version: number;
}

/** Prepares a block whose frames are placed by a plan; memory is taken when it is first asked for. */
export function openDeviceBlock(memory: DeviceMemory, loaded: LoadedBlock, options: {
  readonly index: number;
  readonly precision: Precision;
  readonly plan: FramePlan;
  readonly openScratch: () => Scratch;
}): DeviceBlock {
  const { block } = loaded;
  const { precision, openScratch } = options;
  const { rows, cols } = block;
  const plan = planWasmFft({ rows, cols, precision });
  const frames = openDeviceFrames(memory, { block, layout: plan.layout, plan: options.plan, openScratch });
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

  return {
    loaded,
    handles: measuredHandles(block, options.index),
    plan,
    frames,
    kind: kinds.size === 1 && !kinds.has("scaled") ? [...kinds][0]! as PropagatorKind : null,
    piece,
    records() {
      return piece("frames", block.frames * FRAME_RECORD.bytes, (at) => {
        const view = new DataView(memory.memory.buffer);
        countValid(block.measured).forEach((valid, frame) => {
          const record = at + frame * FRAME_RECORD.bytes;
          view.setInt32(record + FRAME_RECORD.root, frames.measured().placeOf(frame), true);
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
        if (!writePods(memory.memory, { at, block, places: frames.places, layout: plan.layout, factors, wanted })) {
          return null;
        }
        written.set(name, key);
      }
      return at;
    },
    clear() {
      frames.clear();
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

/** Address of a propagator's factor as a wave; 0 for a far field whose factor is 1 everywhere. */
function writeFactor(memory: DeviceMemory, factor: PropagatorFactors, layout: PlaneLayout): number {
  if (factor.kind === "scaled") throw new TypeError("a scaled propagator has no factor per pixel");
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
  readonly places: Places;
  readonly layout: PlaneLayout;
  readonly factors: readonly number[];
  readonly wanted: PodArrays;
}

/** Writes a record per pod; false if a pod looks at something that is not a layer of the frame's shape. */
function writePods(memory: WebAssembly.Memory, { at, block, places, layout, factors, wanted }: PodWriting): boolean {
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
    const mode = pod % block.modes;
    const wave = 2 * layout.planeBytes * (places.of((pod - mode) / block.modes) * block.modes + mode);
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
