/** The waves of a block in one buffer: those of resident frames in the memory, those of guests there or in scratch. */

import type { Scratch } from "../scratch.ts";
import type { DeviceMemory } from "./device_memory.ts";
import type { Places } from "./device_places.ts";

/** Records of one size, zeros at first. */
export interface DeviceWaves {
  /** Address of the first place. */
  readonly address: number;
  /** Puts a guest in its place; without what was kept of it if it is about to be written over. */
  enter(guest: number, options: { readonly overwritten: boolean }): void;
  /** Keeps what its place holds of a guest. */
  keep(guest: number): void;
  /** Gives memory and scratch back. */
  clear(): void;
}

/** Makes room for waves. @throws {DeviceError} if the memory is short */
export function openDeviceWaves(
  memory: DeviceMemory,
  { name, places, recordBytes, openScratch }: {
    readonly name: string;
    readonly places: Places;
    readonly recordBytes: number;
    readonly openScratch: () => Scratch;
  },
): DeviceWaves {
  const address = memory.take(places.count * recordBytes, `"${name}"`);
  let scratch: Scratch | null = null;
  const inPlace = new Int32Array(places.count).fill(-1);
  const kept = new Uint8Array(places.frames);

  function record(guest: number): Uint8Array {
    return new Uint8Array(memory.memory.buffer, address + places.of(guest) * recordBytes, recordBytes);
  }

  function positionOf(guest: number): number {
    return (guest - places.resident) * recordBytes;
  }

  return {
    address,
    enter(guest, { overwritten }) {
      const place = places.of(guest);
      if (inPlace[place] === guest) return;
      inPlace[place] = guest;
      if (overwritten) return;
      if (kept[guest] === 0) record(guest).fill(0);
      else scratch!.read(positionOf(guest), record(guest));
    },
    keep(guest) {
      scratch ??= openScratch();
      scratch.write(positionOf(guest), record(guest));
      kept[guest] = 1;
    },
    clear() {
      memory.give(address);
      scratch?.[Symbol.dispose]();
    },
  };
}
