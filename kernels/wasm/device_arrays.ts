/**
 * The arrays behind the buffers of the WASM device. A buffer is flat (a typed array, interleaved, as twins want it), or planes in the
 * memory (as WASM passes want it), or both; it is converted when work asks for the form that it is not in.
 */

import { DeviceError } from "../errors.ts";
import { checkLength, checkSaved, dtypeOf, isComplexElement, newElementArray, totalCount } from "../frame_records.ts";
import type { ElementArray, NdArray, RealArray } from "../nd_array.ts";
import type { Buffer } from "../pass.ts";
import type { Data } from "../reconstruction.ts";
import type { DeviceMemory } from "./device_memory.ts";
import { packPlanes, type Planes, type PlaneView, unpackPlanes } from "./device_planes.ts";

/** What work does with an array. */
export type Use = "read" | "update";

/** The arrays of a resident. */
export interface DeviceArrays {
  /**
   * Makes room for a buffer, which begins with zeros or with `from`; in `planes` at once if they are given.
   * @throws {ShapeError} if `from` has another size
   */
  add(buffer: Buffer, options?: { readonly from?: NdArray | undefined; readonly planes?: Planes | undefined }): void;
  remove(buffer: Buffer): void;
  /** The flat array. @throws {DeviceError} if the buffer was freed */
  flat(buffer: Buffer, use: Use): ElementArray;
  /** The planes of a complex or real array. @throws {DeviceError} if the buffer was freed */
  planes(buffer: Buffer, planes: Planes, use: Use): PlaneView;
  /** How a buffer lies in memory now: its planes if it was last used so. */
  formOf(buffer: Buffer): Planes | null;
  /** Whether a buffer holds nothing but the zeros that it began with. */
  isUntouched(buffer: Buffer): boolean;
  /** Counts the changes of a buffer through `flat`. */
  version(buffer: Buffer): number;
  /** A copy as a value. */
  copy(buffer: Buffer, shape: readonly number[]): NdArray;
  /** Gives all memory back. */
  clear(): void;
}

interface Held {
  flat: ElementArray | null;
  /** Where the planes lie; 0 for nowhere. */
  address: number;
  planes: Planes | null;
  /** Which of the forms hold the numbers; neither means zeros. */
  flatValid: boolean;
  planesValid: boolean;
  version: number;
}

const EMPTY: Held = {
  flat: null,
  address: 0,
  planes: null,
  flatValid: false,
  planesValid: false,
  version: 0,
};

/** Arrays of some data in a memory. */
export function createDeviceArrays(memory: DeviceMemory, data: Data): DeviceArrays {
  const all = new Map<Buffer, Held>();

  function held(buffer: Buffer): Held {
    const found = all.get(buffer);
    if (found !== undefined) return found;
    throw new DeviceError(`Cannot use buffer "${buffer.layout.name}": found it freed, expected it on this device`);
  }

  function freePlanes(array: Held): void {
    if (array.address !== 0) memory.give(array.address);
    array.address = 0;
    array.planes = null;
    array.planesValid = false;
  }

  function newFlat({ layout }: Buffer): ElementArray {
    const { element, name } = layout;
    return newElementArray(element, { count: totalCount(data, layout), precision: data.precision, name });
  }

  function flat(buffer: Buffer, use: Use): ElementArray {
    const array = held(buffer);
    if (!array.flatValid) {
      array.flat ??= newFlat(buffer);
      if (array.planesValid) {
        const isComplex = isComplexElement(buffer.layout.element);
        unpackPlanes(array.flat as RealArray, viewOf(array), { isComplex });
      }
      array.flatValid = true;
    }
    if (use === "update") {
      array.planesValid = false;
      array.version++;
    }
    return array.flat!;
  }

  function viewOf({ address, planes }: Held): PlaneView {
    return { memory: memory.memory, address, planes: planes! };
  }

  function planesOf(buffer: Buffer, planes: Planes, use: Use): PlaneView {
    const array = held(buffer);
    if (array.planes !== planes && array.planes !== null) {
      flat(buffer, "read");
      freePlanes(array);
    }
    if (array.address === 0) {
      array.address = memory.take(planes.bytes, `"${buffer.layout.name}"`);
      array.planes = planes;
    }
    const view = viewOf(array);
    if (!array.planesValid) {
      if (array.flatValid) {
        packPlanes(view, array.flat as RealArray, { isComplex: isComplexElement(buffer.layout.element) });
      }
      array.planesValid = true;
    }
    if (use === "update") array.flatValid = false;
    return view;
  }

  return {
    add(buffer, { from, planes } = {}) {
      const { name, element } = buffer.layout;
      all.set(buffer, { ...EMPTY });
      if (from !== undefined) checkLength(from.data, totalCount(data, buffer.layout), `array "${name}" of the state`);
      if (planes !== undefined) {
        const view = planesOf(buffer, planes, "update");
        if (from !== undefined) packPlanes(view, from.data as RealArray, { isComplex: isComplexElement(element) });
      } else if (from !== undefined) (flat(buffer, "update") as RealArray).set(from.data as RealArray);
    },
    remove(buffer) {
      const array = all.get(buffer);
      if (array !== undefined) freePlanes(array);
      all.delete(buffer);
    },
    flat,
    planes: planesOf,
    formOf: (buffer) => held(buffer).planesValid ? held(buffer).planes : null,
    isUntouched: (buffer) => !held(buffer).flatValid && !held(buffer).planesValid,
    version: (buffer) => held(buffer).version,
    copy(buffer, shape) {
      const array = held(buffer);
      const { element } = buffer.layout;
      const isComplex = isComplexElement(element);
      checkSaved(buffer.layout, { count: totalCount(data, buffer.layout), shape });
      if (array.flatValid) return { dtype: dtypeOf(element, array.flat!), shape, data: array.flat!.slice() };
      const copied = newFlat(buffer);
      if (array.planesValid) unpackPlanes(copied as RealArray, viewOf(array), { isComplex });
      return { dtype: dtypeOf(element, copied), shape, data: copied };
    },
    clear() {
      for (const array of all.values()) freePlanes(array);
      all.clear();
    },
  };
}
