/** Roots of measured intensities, as the WASM passes read them: made when a frame takes its place. */

import type { PlaneLayout } from "../fft/wasm_plan.ts";
import { type MeasuredFrames, visitFrames } from "../measured.ts";
import type { DeviceMemory } from "./device_memory.ts";
import type { Places } from "./device_places.ts";
import { lanesOf, viewMemory } from "./lanes.ts";

/** A plane for every place: roots with the intensity's sign; infinity at masked pixels and in the padding. */
export interface DeviceRoots {
  /** Address of the first place. */
  readonly address: number;
  /** Puts the roots of guests in their places. */
  enter(guests: readonly number[]): void;
  /** Gives the memory back. */
  clear(): void;
}

/** Makes the roots of the resident frames. @throws {DeviceError} if the memory is short */
export function openDeviceRoots(
  memory: DeviceMemory,
  { measured, places, layout, name }: {
    readonly measured: MeasuredFrames;
    readonly places: Places;
    readonly layout: PlaneLayout;
    readonly name: string;
  },
): DeviceRoots {
  const address = memory.take(places.count * layout.planeBytes, name);
  const length = layout.planeBytes / lanesOf(layout.precision).bytes;
  const numbers = () =>
    viewMemory(memory.memory, { precision: layout.precision, address, length: places.count * length });
  const inPlace = new Int32Array(places.count).fill(-1);

  function write(first: number, end: number): void {
    const { rows, cols, pitch } = layout;
    const roots = numbers();
    visitFrames(measured, ({ frame, diffraction, mask }) => {
      inPlace[places.of(frame)] = frame;
      for (let y = 0, i = 0; y < rows; y++) {
        for (let to = places.of(frame) * length + y * pitch; i < (y + 1) * cols; i++, to++) {
          const intensity = diffraction[i]!;
          roots[to] = mask[i] === 0 ? Infinity : intensity < 0 ? -Math.sqrt(-intensity) : Math.sqrt(intensity);
        }
      }
    }, { first, end });
  }

  numbers().fill(Infinity);
  write(0, places.resident);

  return {
    address,
    enter(guests) {
      const missing = guests.filter((guest) => inPlace[places.of(guest)] !== guest);
      for (let i = 0; i < missing.length;) {
        const first = missing[i]!;
        let end = first;
        while (missing[i] === end) i++, end++;
        write(first, end);
      }
    },
    clear: () => memory.give(address),
  };
}
