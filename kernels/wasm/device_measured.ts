/**
 * Measured intensities, as the WASM passes read them: counts of 16 bits where nearly all are such, else roots. Written when a frame takes its
 * place.
 */

import type { PlaneLayout } from "../fft/wasm_plan.ts";
import { type MeasuredFrame, type MeasuredFrames, visitFrames } from "../measured.ts";
import type { DeviceMemory } from "./device_memory.ts";
import type { Places } from "./device_places.ts";
import { lanesOf, viewMemory } from "./lanes.ts";
import { COUNTS, countsBytes, EXCEPTION } from "./measured_roots.ts";

/** A plane for every place. */
export interface DeviceMeasured {
  /** Whether the planes hold counts (see COUNTS); else roots with the intensity's sign, infinity at masked pixels and in the padding. */
  readonly counts: boolean;
  /** Address of a frame's place. */
  placeOf(frame: number): number;
  /** Puts guests in their places. */
  enter(guests: readonly number[]): void;
  /** Gives the memory back. */
  clear(): void;
}

/** What is held of which frames. */
export interface MeasuredOptions {
  readonly measured: MeasuredFrames;
  readonly places: Places;
  readonly layout: PlaneLayout;
  /** What the planes are called where there is no room for them. */
  readonly name: string;
}

/** With more exceptions than one in so many pixels of a frame, counts are not worth while. */
const EXCEPTION_SHARE = 64;

/** Writes the resident frames. @throws {DeviceError} if the memory is short */
export function openDeviceMeasured(memory: DeviceMemory, options: MeasuredOptions): DeviceMeasured {
  const { measured, places, layout, name } = options;
  const exceptions = mostExceptions(measured);
  const form = exceptions === null ? rootForm(memory, layout) : countForm(memory, layout, { exceptions });
  const address = memory.take(places.count * form.bytes, name);
  const inPlace = new Int32Array(places.count).fill(-1);
  const placeOf = (frame: number) => address + places.of(frame) * form.bytes;

  function write(first: number, end: number): void {
    visitFrames(measured, (frame) => {
      inPlace[places.of(frame.frame)] = frame.frame;
      form.write(placeOf(frame.frame), frame);
    }, { first, end });
  }

  for (let place = 0; place < places.count; place++) form.clear(address + place * form.bytes);
  write(0, places.resident);

  return {
    counts: form.counts,
    placeOf,
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

/** How a frame is held. */
interface Form {
  readonly counts: boolean;
  /** Bytes of a place. */
  readonly bytes: number;
  /** Makes a place one without valid pixels. */
  clear(at: number): void;
  write(at: number, frame: MeasuredFrame): void;
}

function rootForm({ memory }: DeviceMemory, { precision, rows, cols, pitch, planeBytes }: PlaneLayout): Form {
  const length = planeBytes / lanesOf(precision).bytes;
  const view = (address: number) => viewMemory(memory, { precision, address, length });
  return {
    counts: false,
    bytes: planeBytes,
    clear: (at) => void view(at).fill(Infinity),
    write(at, { diffraction, mask }) {
      const roots = view(at);
      for (let y = 0, i = 0; y < rows; y++) {
        for (let to = y * pitch; i < (y + 1) * cols; i++, to++) {
          roots[to] = mask[i] === 0 ? Infinity : rootOf(diffraction[i]!);
        }
      }
    },
  };
}

function countForm(
  { memory }: DeviceMemory,
  layout: PlaneLayout,
  { exceptions }: { readonly exceptions: number },
): Form {
  const { precision, rows, cols, pitch } = layout;
  const planeBytes = countsBytes(layout);
  const { bytes: elementBytes } = lanesOf(precision);
  const view = (address: number) => new Uint16Array(memory.buffer, address, planeBytes / COUNTS.bytes);
  return {
    counts: true,
    bytes: Math.ceil((planeBytes + (1 + exceptions) * EXCEPTION.bytes) / 64) * 64,
    clear: (at) => void view(at).fill(COUNTS.masked),
    write(at, { diffraction, mask }) {
      const counts = view(at);
      const table = new DataView(memory.buffer, at + planeBytes);
      let used = 0;
      for (let y = 0, i = 0; y < rows; y++) {
        for (let to = y * pitch; i < (y + 1) * cols; i++, to++) {
          const intensity = diffraction[i]!;
          if (mask[i] === 0) counts[to] = COUNTS.masked;
          else if (isCount(intensity)) counts[to] = intensity;
          else {
            used += EXCEPTION.bytes;
            table.setInt32(used + EXCEPTION.place, to * elementBytes, true);
            table.setFloat64(used + EXCEPTION.root, rootOf(intensity), true);
          }
        }
      }
      table.setInt32(0, used, true);
    },
  };
}

function rootOf(intensity: number): number {
  return intensity < 0 ? -Math.sqrt(-intensity) : Math.sqrt(intensity);
}

function isCount(intensity: number): boolean {
  return intensity >= 0 && intensity <= COUNTS.most && (intensity | 0) === intensity;
}

/** Valid pixels that are no counts, of the frame that has most of them; null if some frame has too many. */
function mostExceptions(measured: MeasuredFrames): number | null {
  const { points } = measured;
  const limit = Math.floor(points / EXCEPTION_SHARE);
  let most = 0;
  visitFrames(measured, ({ diffraction, mask }) => {
    let exceptions = 0;
    for (let i = 0; i < points; i++) if (mask[i] !== 0 && !isCount(diffraction[i]!)) exceptions++;
    most = Math.max(most, exceptions);
    return most <= limit;
  });
  return most <= limit ? most : null;
}
