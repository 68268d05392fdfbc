/** Work of the WASM device that has no form of its own: the reference twins on flat copies. */

import type { ElementArray, RealArray } from "../nd_array.ts";
import { isComplexElement, type LoadedBlock, recordRange } from "../frame_records.ts";
import type { Bindings } from "../kernel.ts";
import type { Buffer, FrameCall, Pass, WholeCall } from "../pass.ts";
import type { DeviceArrays, Use } from "./device_arrays.ts";
import { packPlanes, type PlanePart, type PlaneView, unpackPlanes } from "./device_planes.ts";

/** Runs a whole kernel's twin. */
export function runWholeTwin(arrays: DeviceArrays, { kernel, buffers, params }: WholeCall): void {
  const flat: Record<string, ElementArray> = {};
  for (const [name, role] of Object.entries(kernel.bindings as Bindings)) {
    flat[name] = arrays.flat(buffers[name]!, useOf(role));
  }
  kernel.cpu(flat as Parameters<typeof kernel.cpu>[0], params);
}

/** Runs the twins of a pass, frame by frame. */
export function runPassTwins(arrays: DeviceArrays, pass: Pass, loaded: LoadedBlock): void {
  const pods = pass.each === "pod";
  const modes = pods ? loaded.block.modes : 1;
  const shape = pods ? { ...loaded.shape, modes: 1 } : loaded.shape;
  const calls = pass.calls.map((call) => prepareCall(arrays, call, modes * shape.modes));
  const count = pass.order?.length ?? loaded.block.frames * modes;
  for (let i = 0; i < count; i++) {
    const item = pass.order?.[i] ?? i;
    const frame = pods ? Math.floor(item / modes) : item;
    const mode = pods ? item % modes : null;
    for (const { call, flat, local } of calls) {
      for (const binding of local) flat[binding.name] = binding.fetch({ loaded, frame, mode });
      call.kernel.cpu(flat as Parameters<typeof call.kernel.cpu>[0], call.params, shape);
      for (const binding of local) binding.store({ loaded, frame, mode });
    }
  }
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

function prepareCall(arrays: DeviceArrays, call: FrameCall, modes: number): PreparedCall {
  const flat: Record<string, ElementArray> = {};
  const local: LocalBinding[] = [];
  for (const [name, role] of Object.entries(call.kernel.bindings as Bindings)) {
    const buffer = call.buffers[name]!;
    const use = useOf(role);
    if (!role.startsWith("frame:")) flat[name] = arrays.flat(buffer, use);
    else {
      const planes = arrays.formOf(buffer);
      const view = planes === null ? null : arrays.planes(buffer, planes, use);
      local.push(
        view === null ? flatRecord(arrays, { name, buffer, use }) : planeRecord(view, { name, buffer, use, modes }),
      );
    }
  }
  return { call, flat, local };
}

interface BindingOf {
  readonly name: string;
  readonly buffer: Buffer;
  readonly use: Use;
}

function flatRecord(arrays: DeviceArrays, { name, buffer, use }: BindingOf): LocalBinding {
  const array = arrays.flat(buffer, use);
  return {
    name,
    fetch(place) {
      const { start, length } = recordRange(buffer.layout, place);
      return array.subarray(start, start + length);
    },
    store: () => {},
  };
}

/** A record of waves in planes, copied out before the twin and back after it. Such a buffer has one part per pod. */
function planeRecord(
  view: PlaneView,
  { name, buffer: { layout }, use, modes }: BindingOf & { readonly modes: number },
): LocalBinding {
  const isComplex = isComplexElement(layout.element);
  const record = view.planes.precision === "single"
    ? new Float32Array(2 * layout.count * modes)
    : new Float64Array(2 * layout.count * modes);
  const partsOf = (place: Place): { parts: readonly PlanePart[]; base: number; flat: RealArray } => {
    const { start, length } = recordRange(layout, place);
    const [first, count] = [start / (2 * layout.count), length / (2 * layout.count)];
    const parts = view.planes.parts.slice(first, first + count);
    return { parts, base: start / 2, flat: record.subarray(0, length) };
  };
  return {
    name,
    fetch(place) {
      const { parts, base, flat } = partsOf(place);
      unpackPlanes(flat, view, { isComplex, parts, base });
      return flat;
    },
    store(place) {
      if (use === "read") return;
      const { parts, base, flat } = partsOf(place);
      packPlanes(view, flat, { isComplex, parts, base });
    },
  };
}

function useOf(role: string): Use {
  return role.endsWith(":read") ? "read" : "update";
}
