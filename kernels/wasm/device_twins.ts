/** Work of the WASM device that has no form of its own: the reference twins on flat copies. */

import { DeviceError } from "../errors.ts";
import { recordRange } from "../frame_records.ts";
import type { Bindings } from "../kernel.ts";
import type { MeasuredFrames } from "../measured.ts";
import { type ElementArray, realArray } from "../nd_array.ts";
import type { Buffer, FrameCall, Pass, WholeCall } from "../pass.ts";
import type { DeviceArrays, Use } from "./device_arrays.ts";
import type { DeviceBlock } from "./device_blocks.ts";

/** Runs a whole kernel's twin. @throws {DeviceError} if it asks for the waves of all frames at once */
export function runWholeTwin(
  { arrays, blocks }: { readonly arrays: DeviceArrays; readonly blocks: readonly DeviceBlock[] },
  { kernel, buffers, params }: WholeCall,
): void {
  const flat: Record<string, ElementArray> = {};
  for (const [name, role] of Object.entries(kernel.bindings as Bindings)) {
    const buffer = buffers[name]!;
    if (blocks.some(({ frames }) => frames.has(buffer))) throw notAtOnce(kernel.name, buffer);
    flat[name] = arrays.flat(buffer, useOf(role));
  }
  kernel.cpu(flat as Parameters<typeof kernel.cpu>[0], params);
}

function notAtOnce(kernel: string, { layout: { name } }: Buffer): DeviceError {
  return new DeviceError(
    `Cannot run "${kernel}" on "${name}": found waves of single frames, which need not all be in the memory, expected a ` +
      "whole array; visit them in a pass",
    { kernel, name },
  );
}

/** Runs the twins of a pass, frame by frame. */
export function runPassTwins(arrays: DeviceArrays, pass: Pass, block: DeviceBlock): void {
  const { loaded, frames } = block;
  const pods = pass.each === "pod";
  const modes = pods ? loaded.block.modes : 1;
  const shape = pods ? { ...loaded.shape, modes: 1 } : loaded.shape;
  const measured = openMeasured(loaded.block.measured);
  const calls = pass.calls.map((call) => prepareCall(call, { arrays, block, measured }));
  frames.each({ pass, roots: false }, ({ start, end }) => {
    for (let i = start; i < end; i++) {
      const item = pass.order?.[i] ?? i;
      const frame = pods ? Math.floor(item / modes) : item;
      const mode = pods ? item % modes : null;
      for (const { call, flat, local } of calls) {
        for (const binding of local) flat[binding.name] = binding.fetch({ loaded, frame, mode });
        call.kernel.cpu(flat as Parameters<typeof call.kernel.cpu>[0], call.params, shape);
        for (const binding of local) binding.store({ loaded, frame, mode });
      }
    }
  });
}

type Place = Parameters<typeof recordRange>[1];

interface LocalBinding {
  readonly name: string;
  fetch(place: Place): ElementArray;
  store(place: Place): void;
}

interface PreparedCall {
  readonly call: FrameCall;
  /** The twin's arguments: whole arrays stay, frame records are put in for each frame. */
  readonly flat: Record<string, ElementArray>;
  readonly local: readonly LocalBinding[];
}

interface Sources {
  readonly arrays: DeviceArrays;
  readonly block: DeviceBlock;
  readonly measured: MeasuredRecord;
}

function prepareCall(call: FrameCall, sources: Sources): PreparedCall {
  const flat: Record<string, ElementArray> = {};
  const local: LocalBinding[] = [];
  for (const [name, role] of Object.entries(call.kernel.bindings as Bindings)) {
    const buffer = call.buffers[name]!;
    const use = useOf(role);
    if (role.startsWith("frame:")) local.push(localBinding({ name, buffer, use }, sources));
    else flat[name] = sources.arrays.flat(buffer, use);
  }
  return { call, flat, local };
}

interface BindingOf {
  readonly name: string;
  readonly buffer: Buffer;
  readonly use: Use;
}

function localBinding(binding: BindingOf, { arrays, block, measured }: Sources): LocalBinding {
  const { name, buffer, use } = binding;
  const { handles, frames } = block;
  if (buffer === handles.diffraction) return { name, fetch: ({ frame }) => measured.diffraction(frame), store() {} };
  if (buffer === handles.mask) return { name, fetch: ({ frame }) => measured.mask(frame), store() {} };
  if (frames.has(buffer)) return waveRecord(block, binding);
  const array = arrays.flat(buffer, use);
  return {
    name,
    fetch(place) {
      const { start, length } = recordRange(buffer.layout, place);
      return array.subarray(start, start + length);
    },
    store() {},
  };
}

/** The waves of a frame or of one of its pods, copied out before the twin and back after it. */
function waveRecord({ frames, loaded: { block }, plan }: DeviceBlock, { name, buffer, use }: BindingOf): LocalBinding {
  const numbers = 2 * block.rows * block.cols;
  const record = realArray(block.modes * numbers, plan.layout.precision);
  const podsOf = ({ frame, mode }: Place) =>
    mode === null ? { frame, first: 0, end: block.modes } : { frame, first: mode, end: mode + 1 };
  const partOf = ({ mode }: Place) => mode === null ? record : record.subarray(0, numbers);
  return {
    name,
    fetch(place) {
      const part = partOf(place);
      frames.read(buffer, part, podsOf(place));
      return part;
    },
    store(place) {
      if (use === "update") frames.write(buffer, partOf(place), podsOf(place));
    },
  };
}

/** What was measured of the frame that a pass is at. */
interface MeasuredRecord {
  diffraction(frame: number): ElementArray;
  mask(frame: number): ElementArray;
}

function openMeasured(measured: MeasuredFrames): MeasuredRecord {
  const { points, precision, maskFrames } = measured;
  const read = { diffraction: realArray(points, precision), mask: new Uint8Array(points) };
  const at = { diffraction: -1, mask: -1 };
  return {
    diffraction(frame) {
      if (at.diffraction !== frame) measured.readDiffraction(frame, read.diffraction);
      at.diffraction = frame;
      return read.diffraction;
    },
    mask(frame) {
      const index = maskFrames === 1 ? 0 : frame;
      if (at.mask !== index) measured.readMask(index, read.mask);
      at.mask = index;
      return read.mask;
    },
  };
}

function useOf(role: string): Use {
  return role.endsWith(":read") ? "read" : "update";
}
