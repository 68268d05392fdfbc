/**
 * Frames on their way between host and GPU. What comes down is copied to staging buffers at once and fetched from there when the next frames
 * come down, so that the GPU works on meanwhile.
 */

import type { Move, Records, WindowArray } from "./frame_window.ts";
import type { GpuArrays } from "./gpu_array.ts";
import type { Recorder } from "./recorder.ts";
import type { Gpu } from "./request_gpu.ts";
import { mapForReading } from "./read_back.ts";

/** Transfers of one resident. All keep the order of the recorded work. */
export interface Transfers {
  /** Brings records to their places. */
  up(array: WindowArray, records: readonly Records[]): Promise<void>;
  /** Takes records to the host, where they are after `settle`. */
  down(moves: readonly Move[]): Promise<void>;
  settle(): Promise<void>;
  /** Keeps the host from running ahead: what is on its way up takes memory twice. */
  keepPace(): Promise<void>;
  dispose(): void;
}

interface Coming extends Move {
  readonly staging: GPUBuffer;
  readonly bytes: number;
  readonly mapped: Promise<void>;
}

/** Bytes on their way up after which the host waits for those before. */
const PACE_BYTES = 2 ** 26;

/** No transfers yet. */
export function createTransfers(
  { gpu, recorder, arrays }: { readonly gpu: Gpu; readonly recorder: Recorder; readonly arrays: GpuArrays },
): Transfers {
  const { device } = gpu;
  // One for every array that comes down at the same time.
  const stagings: { buffer: GPUBuffer; bytes: number }[] = [];
  let coming: Coming[] = [];
  let before: Promise<unknown> = Promise.resolve();
  let sent = 0;

  function stagingOf(index: number, bytes: number): GPUBuffer {
    const known = stagings[index];
    if (known !== undefined && known.bytes >= bytes) return known.buffer;
    known?.buffer.destroy();
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const buffer = device.createBuffer({ label: "frames that come down", size: bytes, usage });
    stagings[index] = { buffer, bytes };
    return buffer;
  }

  async function settle(): Promise<void> {
    for (const { array: { host, recordBytes }, records, staging, bytes, mapped } of coming) {
      await mapped;
      const values = staging.getMappedRange(0, bytes);
      let at = 0;
      for (const { record, count } of records) {
        host.take(record, new Float32Array(values, at, count * recordBytes / 4));
        at += count * recordBytes;
      }
      staging.unmap();
    }
    coming = [];
  }

  return {
    settle,
    async up(array, records) {
      const { host, recordBytes } = array;
      const overlaps = (a: Records) => (b: Records) => a.record < b.record + b.count && b.record < a.record + a.count;
      // What has left the window may be wanted there again.
      if (coming.some((move) => move.array === array && move.records.some((r) => records.some(overlaps(r))))) {
        await settle();
      }
      // Values are written before work that is submitted later.
      recorder.submit();
      for (const { place, record, count } of records) {
        host.visit({ first: record, count }, (values, first) => {
          arrays.upload(array.array, values, (place + first - record) * recordBytes);
          sent += values.byteLength;
        });
      }
    },
    async down(moves) {
      if (moves.length === 0) return;
      await settle();
      const copied = moves.map(({ array, records }, index) => {
        const bytes = records.reduce((sum, { count }) => sum + count, 0) * array.recordBytes;
        const staging = stagingOf(index, bytes);
        let at = 0;
        for (const { place, count } of records) {
          const size = count * array.recordBytes;
          recorder.copy(array.array, staging, { offset: place * array.recordBytes, at, bytes: size });
          at += size;
        }
        return { array, records, staging, bytes };
      });
      recorder.submit();
      coming = copied.map((move) => ({ ...move, mapped: mapForReading(gpu, move.staging, move.bytes) }));
      // Whoever settles hears of it.
      for (const { mapped } of coming) mapped.catch(() => {});
    },
    async keepPace() {
      if (sent < PACE_BYTES) return;
      sent = 0;
      recorder.submit();
      const done = device.queue.onSubmittedWorkDone();
      await before;
      before = done;
    },
    dispose() {
      for (const { buffer } of stagings) buffer.destroy();
      stagings.length = 0;
      coming = [];
    },
  };
}
