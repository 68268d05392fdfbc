/**
 * What the WASM device holds of every frame of a block: the measured intensities, and waves. Where the memory has no room for
 * all frames, a pass is done group after group: the guests of a group take their places with what the pass reads of them, and what it
 * changed of them goes to scratch.
 *
 * Guests pass in the order of the frames. The frames used last would be the next to be forgotten and the last to be used again, so
 * that nothing is gained by choosing who stays: the same frames always do.
 */

import { checkLength, checkSaved, dtypeOf } from "../frame_records.ts";
import type { PlaneLayout } from "../fft/wasm_plan.ts";
import type { Bindings } from "../kernel.ts";
import type { FramePlan } from "../memory_plan.ts";
import { type RealArray, realArray } from "../nd_array.ts";
import type { Buffer, Pass } from "../pass.ts";
import type { Block } from "../reconstruction.ts";
import type { Scratch } from "../scratch.ts";
import { type ArraySource, readNumbers } from "../state_arrays.ts";
import type { SaveOptions } from "./device_arrays.ts";
import type { DeviceMemory } from "./device_memory.ts";
import { type Group, groupsOf, type Places, placesOf } from "./device_places.ts";
import { packPlanes, type PlanePart, type PlaneView, unpackPlanes } from "./device_planes.ts";
import { type DeviceMeasured, openDeviceMeasured } from "./device_measured.ts";
import { type DeviceWaves, openDeviceWaves } from "./device_waves.ts";

/** Where the frames of a block are. */
export interface DeviceFrames {
  readonly places: Places;
  /** Whether the buffer's waves are here. */
  has(buffer: Buffer): boolean;
  /**
   * Makes room for the waves of a buffer, which begin with zeros or with `from`.
   * @throws {ShapeError} if `from` has another size @throws {DeviceError} if the memory is short
   */
  add(buffer: Buffer, from: ArraySource | undefined): void;
  remove(buffer: Buffer): void;
  /** Address of the waves in the first place. */
  waves(buffer: Buffer): number;
  /** Where the measured intensities are. */
  measured(): DeviceMeasured;
  /** Runs a pass over items [start, end) at a time, whose frames then have their places. */
  each(work: FrameWork, run: (items: { readonly start: number; readonly end: number }) => void): void;
  /** Copies the waves of pods of a frame that has its place, (mode, y, x) complex. Changes `into`. */
  read(buffer: Buffer, into: RealArray, pods: PodRange): void;
  /** Puts waves into the place of a frame. */
  write(buffer: Buffer, from: RealArray, pods: PodRange): void;
  /** Puts all waves into a sink, one after the other. @throws {ShapeError} if they do not fit the shape */
  save(buffer: Buffer, options: SaveOptions): void;
  /** Gives memory and scratch back. */
  clear(): void;
}

/** A pass, and whether its form reads roots. */
export interface FrameWork {
  readonly pass: Pick<Pass, "calls" | "each" | "order">;
  readonly roots: boolean;
}

/** Modes [first, end) of a frame. */
export interface PodRange {
  readonly frame: number;
  readonly first: number;
  readonly end: number;
}

/** What a pass does with the waves of a buffer. `write`: it writes them over without reading any. */
type WaveUse = "read" | "write" | "update";

/** The frames of a block, placed by a plan; memory is taken when it is first asked for. */
export function openDeviceFrames(
  memory: DeviceMemory,
  { block, layout, plan, openScratch }: {
    readonly block: Block;
    readonly layout: PlaneLayout;
    readonly plan: FramePlan;
    readonly openScratch: () => Scratch;
  },
): DeviceFrames {
  const { frames, modes, rows, cols, measured } = block;
  const { planeBytes, precision } = layout;
  const places = placesOf(frames, plan);
  const all = new Map<Buffer, DeviceWaves>();
  let made: DeviceMeasured | null = null;
  let room: RealArray | null = null;

  function openMeasured(): DeviceMeasured {
    return made ??= openDeviceMeasured(memory, { measured, places, layout, name: `"roots" of block ${block.ID}` });
  }

  function viewOf(buffer: Buffer): PlaneView {
    const bytes = 2 * modes * places.count * planeBytes;
    return { memory: memory.memory, address: all.get(buffer)!.address, planes: { precision, bytes, parts: [] } };
  }

  /** Parts of the frame's place; elements count from the first of the pods. */
  function partsOf({ frame, first, end }: PodRange): PlanePart[] {
    return Array.from({ length: end - first }, (_, i) => {
      const re = 2 * planeBytes * (places.of(frame) * modes + first + i);
      return { start: i * rows * cols, re, im: re + planeBytes, rows, cols, pitch: layout.pitch };
    });
  }

  function eachGroup(
    groups: Iterable<Group>,
    { uses, withRoots }: { readonly uses: ReadonlyMap<DeviceWaves, WaveUse>; readonly withRoots: boolean },
    run: (group: Group) => void,
  ): void {
    for (const group of groups) {
      if (withRoots) openMeasured().enter(group.guests);
      for (const guest of group.guests) {
        for (const [waves, use] of uses) waves.enter(guest, { overwritten: use === "write" });
      }
      run(group);
      for (const [waves, use] of uses) {
        if (use !== "read") { for (const guest of group.guests) waves.keep(guest); }
      }
    }
  }

  /** Visits all pods of one buffer, with room for a wave and the place of its first number in the flat array. */
  function sweep(
    buffer: Buffer,
    use: WaveUse,
    visit: (pod: PodRange, room: { readonly wave: RealArray; readonly at: number }) => void,
  ): void {
    const uses = new Map([[all.get(buffer)!, use]]);
    const wave = room ??= realArray(2 * rows * cols, precision);
    eachGroup(groupsOf(places, { perFrame: modes }), { uses, withRoots: false }, ({ start, end }) => {
      for (let pod = start; pod < end; pod++) {
        const first = pod % modes;
        const at = pod * wave.length;
        visit({ frame: (pod - first) / modes, first, end: first + 1 }, { wave, at });
      }
    });
  }

  function read(buffer: Buffer, into: RealArray, pods: PodRange): void {
    unpackPlanes(into, viewOf(buffer), { isComplex: true, parts: partsOf(pods) });
  }

  function write(buffer: Buffer, from: RealArray, pods: PodRange): void {
    packPlanes(viewOf(buffer), from, { isComplex: true, parts: partsOf(pods) });
  }

  const numbers = 2 * frames * modes * rows * cols;
  return {
    places,
    has: (buffer) => all.has(buffer),
    add(buffer, from) {
      const { name } = buffer.layout;
      if (from !== undefined) checkLength(from, numbers, `array "${name}" of the state`);
      all.set(buffer, openDeviceWaves(memory, { name, places, recordBytes: 2 * modes * planeBytes, openScratch }));
      if (from === undefined) return;
      sweep(buffer, "write", (pod, { wave, at }) => {
        readNumbers(wave, at, from);
        write(buffer, wave, pod);
      });
    },
    remove(buffer) {
      all.get(buffer)?.clear();
      all.delete(buffer);
    },
    waves: (buffer) => all.get(buffer)!.address,
    measured: openMeasured,
    each({ pass, roots: withRoots }, run) {
      const perFrame = pass.each === "pod" ? modes : 1;
      const uses = usesOf(pass, { all, isPartial: perFrame > 1 });
      eachGroup(groupsOf(places, { perFrame, order: pass.order }), { uses, withRoots }, run);
    },
    read,
    write,
    save(buffer, { sink, shape }) {
      checkSaved(buffer.layout, { count: numbers, shape });
      const pieces = sink.begin(buffer.layout.name, { dtype: dtypeOf("complex", precision), shape });
      sweep(buffer, "read", (pod, { wave }) => {
        read(buffer, wave, pod);
        pieces.write(wave);
      });
      pieces.end();
    },
    clear() {
      for (const waves of all.values()) waves.clear();
      all.clear();
      made?.clear();
      made = null;
    },
  };
}

/** What the calls of a pass together do with waves. Who writes some modes of a frame leaves the others, which so must be there. */
function usesOf(
  { calls }: Pick<Pass, "calls">,
  { all, isPartial }: { readonly all: ReadonlyMap<Buffer, DeviceWaves>; readonly isPartial: boolean },
): Map<DeviceWaves, WaveUse> {
  const uses = new Map<DeviceWaves, WaveUse>();
  for (const { kernel, buffers } of calls) {
    for (const [name, role] of Object.entries(kernel.bindings as Bindings)) {
      const waves = all.get(buffers[name]!);
      if (waves === undefined) continue;
      const before = uses.get(waves);
      if (before === "write") continue;
      if (role.endsWith(":read")) uses.set(waves, before ?? "read");
      else uses.set(waves, role.endsWith(":write") && before === undefined && !isPartial ? "write" : "update");
    }
  }
  return uses;
}
