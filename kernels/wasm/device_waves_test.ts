/** Waves whose guests go to scratch: what is read, and when. */

import { assertEquals } from "@std/assert/equals.js";
import { scratchInMemory } from "../scratch.ts";
import { createDeviceMemory } from "./device_memory.ts";
import { placesOf } from "./device_places.ts";
import { openDeviceWaves } from "./device_waves.ts";

const BYTES = 64;

/** Waves of 5 frames, of which one stays and the others share two places; `log` says what goes to scratch and comes from it. */
function openWaves() {
  const memory = createDeviceMemory({ shared: false });
  const log: string[] = [];
  const openScratch = () => {
    const { read, write, ...rest } = scratchInMemory();
    return {
      ...rest,
      read: (at: number, into: Uint8Array) => (log.push(`read ${at}`), read(at, into)),
      write: (at: number, from: Uint8Array) => (log.push(`write ${at}`), write(at, from)),
    };
  };
  const places = placesOf(5, { resident: 1, window: 2 });
  const waves = openDeviceWaves(memory, { name: "a", places, recordBytes: BYTES, openScratch });
  const record = (place: number) => new Uint8Array(memory.memory.buffer, waves.address + BYTES * place, BYTES);
  return { waves, record, log };
}

const READ = { overwritten: false };

Deno.test("a guest comes back as it was kept, one that never was as zeros", () => {
  const { waves, record, log } = openWaves();
  waves.enter(1, READ);
  record(1).fill(11);
  waves.keep(1);
  waves.enter(3, READ);
  assertEquals([...new Set(record(1))], [0]);
  waves.enter(1, READ);
  assertEquals([...new Set(record(1))], [11]);
  assertEquals(log, ["write 0", "read 0"]);
});

Deno.test("a guest that is in its place, or about to be written over, is not read", () => {
  const { waves, record, log } = openWaves();
  for (const guest of [2, 4]) {
    waves.enter(guest, { overwritten: true });
    record(2).fill(guest);
    waves.keep(guest);
  }
  waves.enter(4, READ);
  waves.enter(2, { overwritten: true });
  assertEquals(log, ["write 64", "write 192"]);
  assertEquals([...new Set(record(2))], [4]);
});
