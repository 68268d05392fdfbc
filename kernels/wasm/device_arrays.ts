/**
 * The arrays behind the buffers of the WASM device. A buffer is flat (a typed array, interleaved, as twins want it), or planes in the
 * memory (as WASM passes want it), or both; it is converted when work asks for the form that it is not in.
 */

import { DeviceError } from "../errors.ts";
import { checkLength, checkSaved, dtypeOf, isComplexElement, newElementArray, totalCount } from "../frame_records.ts";
import { type ElementArray, type RealArray, realArray } from "../nd_array.ts";
import type { Buffer } from "../pass.ts";
import type { Data } from "../reconstruction.ts";
import { type ArraySink, type ArraySource, PIECE_BYTES, readNumbers } from "../state_arrays.ts";
import type { DeviceMemory } from "./device_memory.ts";
import { packPlanes, type Planes, type PlaneView, rowGroups, unpackPlanes } from "./device_planes.ts";

/** What work does with an array. */
export type Use = "read" | "update";

/** The arrays of a resident. */
export interface DeviceArrays {
  /**
   * Makes room for a buffer, which begins with zeros or with `from`; in `planes` at once if they are given.
   * @throws {ShapeError} if `from` has another size
   */
  add(
    buffer: Buffer,
    options?: { readonly from?: ArraySource | undefined; readonly planes?: Planes | undefined },
  ): void;
  /** Lets a buffer lie where another one does: what is written to one is in both. */
  share(buffer: Buffer, other: Buffer): void;
  remove(buffer: Buffer): void;
  /** The flat array. @throws {DeviceError} if the buffer was freed */
  flat(buffer: Buffer, use: Use): ElementArray;
  /** The planes of a complex or real array, which lies as `planes.real`. @throws {DeviceError} if the buffer was freed */
  planes(buffer: Buffer, planes: Planes, use: Use): PlaneView;
  /** How a buffer lies in memory now: its planes if it was last used so. */
  formOf(buffer: Buffer): Planes | null;
  /** Whether a buffer holds nothing but the zeros that it began with. */
  isUntouched(buffer: Buffer): boolean;
  /** Counts the changes of a buffer through `flat`. */
  version(buffer: Buffer): number;
  /** Puts the array into a sink. @throws {ShapeError} if it does not fit the shape */
  save(buffer: Buffer, options: SaveOptions): void;
  /** Gives all memory back. */
  clear(): void;
}

/** How an array of the state is saved. */
export interface SaveOptions {
  readonly sink: ArraySink;
  readonly shape: readonly number[];
}

interface Held {
  /** The buffer that it was made for, whose type of numbers it has. */
  readonly owner: Buffer;
  flat: ElementArray | null;
  /** Where the planes lie; 0 for nowhere. */
  address: number;
  planes: Planes | null;
  /** Which of the forms hold the numbers; neither means zeros. */
  flatValid: boolean;
  planesValid: boolean;
  version: number;
}

const EMPTY: Omit<Held, "owner"> = {
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
  /** Where numbers stand between planes and a flat array that nobody holds. */
  let room: RealArray | null = null;

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
      array.flat ??= newFlat(array.owner);
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

  function planesOf(buffer: Buffer, wanted: Planes, use: Use): PlaneView {
    const array = held(buffer);
    const planes = isComplexElement(buffer.layout.element) ? wanted : wanted.real ?? wanted;
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

  /** Visits groups of rows, with the place of their first number in the flat array and room for all of them. */
  function eachGroup(
    { element }: Buffer["layout"],
    view: PlaneView,
    visit: (numbers: RealArray, first: number, copying: Parameters<typeof packPlanes>[2]) => void,
  ): void {
    const isComplex = isComplexElement(element);
    const per = isComplex ? 2 : 1;
    const { precision } = view.planes;
    room ??= realArray(PIECE_BYTES / (precision === "single" ? 4 : 8), precision);
    for (const { first, count, part } of rowGroups(view.planes, room.length / per)) {
      if (count * per > room.length) room = realArray(count * per, precision);
      visit(room.subarray(0, count * per), first * per, { isComplex, parts: [part] });
    }
  }

  return {
    add(buffer, { from, planes } = {}) {
      const { layout } = buffer;
      all.set(buffer, { ...EMPTY, owner: buffer });
      if (from !== undefined) checkLength(from, totalCount(data, layout), `array "${layout.name}" of the state`);
      if (planes !== undefined) {
        const view = planesOf(buffer, planes, "update");
        if (from === undefined) return;
        eachGroup(layout, view, (numbers, first, copying) => {
          readNumbers(numbers, first, from);
          packPlanes(view, numbers, copying);
        });
      } else if (from !== undefined) readNumbers(flat(buffer, "update"), 0, from);
    },
    share(buffer, other) {
      all.set(buffer, held(other));
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
    save(buffer, { sink, shape }) {
      const array = held(buffer);
      const { layout } = buffer;
      checkSaved(layout, { count: totalCount(data, layout), shape });
      const dtype = dtypeOf(layout.element, data.precision);
      const pieces = sink.begin(layout.name, { dtype, shape });
      if (array.flatValid) pieces.write(array.flat!);
      else if (array.planesValid) {
        const view = viewOf(array);
        // Wide arrays may lie in planes of single precision.
        const isNarrow = (dtype === "float64" || dtype === "complex128") && view.planes.precision === "single";
        eachGroup(layout, view, (numbers, _, copying) => {
          unpackPlanes(numbers, view, copying);
          pieces.write(isNarrow ? Float64Array.from(numbers) : numbers);
        });
      } else pieces.write(newFlat(buffer));
      pieces.end();
    },
    clear() {
      for (const array of all.values()) freePlanes(array);
      all.clear();
    },
  };
}
