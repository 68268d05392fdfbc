/** The window of frames: who sits where, what has to be brought and what has to be taken back. */

import { assertEquals } from "@std/assert/equals.js";
import { createFrameWindow, type WindowArray } from "./frame_window.ts";
import type { HostFrames } from "./host_frames.ts";

const NO_HOST: HostFrames = { visit() {}, take() {} };

function array(perFrame: number): WindowArray {
  const gpuArray = { id: 0, buffer: null as unknown as GPUBuffer, bytes: 0 };
  const outside = { first: 0, count: 100 };
  return { array: gpuArray, host: NO_HOST, outside, perFrame, stride: 1, recordBytes: 4 };
}

const all = (place: number, frame: number, count = 1) => ({ place, frame, count, mode: null });

Deno.test("missing() names what has not been marked, joined, in records of frames or of their modes", () => {
  const window = createFrameWindow(3);
  const [images, waves] = [array(1), array(2)];
  window.add(images);
  window.add(waves);
  assertEquals(window.seat([all(0, 4, 3)]), []);
  assertEquals(window.missing(images, [all(0, 4, 3)]), [{ place: 0, record: 4, count: 3 }]);
  assertEquals(window.missing(waves, [all(0, 4, 3)]), [{ place: 0, record: 8, count: 6 }]);
  window.mark(images, { seating: [all(1, 5)], changed: false });
  assertEquals(window.missing(images, [all(0, 4, 3)]), [
    { place: 0, record: 4, count: 1 },
    { place: 2, record: 6, count: 1 },
  ]);
});

Deno.test("a pod is a record of its own where there is one per mode, and its frame's where there is one per frame", () => {
  const window = createFrameWindow(2);
  const [images, waves] = [array(1), array(3)];
  window.add(images);
  window.add(waves);
  const pod = { place: 1, frame: 7, count: 1, mode: 2 };
  window.seat([pod]);
  assertEquals(window.missing(images, [pod]), [{ place: 1, record: 7, count: 1 }]);
  assertEquals(window.missing(waves, [pod]), [{ place: 5, record: 23, count: 1 }]);
  window.mark(waves, { seating: [pod], changed: true });
  assertEquals(window.missing(waves, [all(1, 7)]), [{ place: 3, record: 21, count: 2 }]);
});

Deno.test("seat() gives back what was changed of frames that leave, once, and keeps what stays", () => {
  const window = createFrameWindow(3);
  const [waves, others] = [array(2), array(1)];
  window.add(waves);
  window.add(others);
  window.seat([all(0, 0, 3)]);
  window.mark(waves, { seating: [all(0, 0, 3)], changed: true });
  window.mark(others, { seating: [all(0, 0, 3)], changed: false });
  assertEquals(window.seat([all(1, 9)]), [{ array: waves, records: [{ place: 2, record: 2, count: 2 }] }]);
  assertEquals([window.placeOf(1), window.placeOf(9), window.placeOf(2)], [null, 1, 2]);
  assertEquals(window.missing(waves, [all(0, 0), all(1, 9), all(2, 2)]), [{ place: 2, record: 18, count: 2 }]);
  assertEquals(window.takeChanged(), [{
    array: waves,
    records: [{ place: 0, record: 0, count: 2 }, { place: 4, record: 4, count: 2 }],
  }]);
  assertEquals(window.takeChanged(), []);
  // What was taken is still there.
  assertEquals(window.missing(waves, [all(2, 2)]), []);
});

Deno.test("a frame that changes its place leaves the one that it had, with what was changed", () => {
  const window = createFrameWindow(3);
  const waves = array(1);
  window.add(waves);
  window.seat([all(0, 5), all(2, 3)]);
  window.mark(waves, { seating: [all(2, 3)], changed: true });
  assertEquals(window.seat([all(0, 3, 2)]), [{ array: waves, records: [{ place: 2, record: 3, count: 1 }] }]);
  assertEquals([3, 4, 5].map((frame) => window.placeOf(frame)), [0, 1, null]);
  assertEquals(window.missing(waves, [all(0, 3, 2)]), [{ place: 0, record: 3, count: 2 }]);
  // Nobody sits at the place that was left.
  assertEquals(window.seat([all(2, 6)]), []);
});

Deno.test("an array that was removed is no longer given back", () => {
  const window = createFrameWindow(1);
  const waves = array(1);
  window.add(waves);
  window.seat([all(0, 0)]);
  window.mark(waves, { seating: [all(0, 0)], changed: true });
  window.remove(waves);
  assertEquals(window.takeChanged(), []);
});
