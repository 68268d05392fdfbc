/** Specification of the progress display. */

import { assertEquals } from "@std/assert/equals.js";
import { createProgressDisplay, duration, type Progress, progressBar, progressLine } from "./progress.ts";

const HALF: Progress = {
  engine: "DM",
  iteration: 30,
  numiter: 60,
  errors: [12.3456, 42.59, 1.5e-4],
  secondsPerIteration: 0.25,
};

Deno.test("progressBar() shows engine, count, speed, time left and the three errors", () => {
  assertEquals(
    progressBar(HALF),
    "DM 30/60 ████████████             4.00 it/s 0:08 left  fourier 12.35  photons 42.59  exit 1.50e-4",
  );
});

Deno.test("progressBar() is full at the end", () => {
  const bar = progressBar({ ...HALF, iteration: 60 });
  assertEquals(bar.includes("█".repeat(24)), true);
  assertEquals(bar.includes("0:00 left"), true);
});

Deno.test("progressLine() says seconds per iteration when they are long, and 0 for errors that are off", () => {
  const line = progressLine({ ...HALF, secondsPerIteration: 2.5, errors: [0, 1e7, 0] });
  assertEquals(line, "DM 30/60  2.50 s/it  fourier 0  photons 1.00e+7  exit 0");
});

Deno.test("duration() rounds up and adds hours only when needed", () => {
  assertEquals([0, 59.2, 61, 3599.5, 7325].map(duration), ["0:00", "1:00", "1:01", "1:00:00", "2:02:05"]);
});

for (const isTerminal of [true, false]) {
  Deno.test(`createProgressDisplay() ${isTerminal ? "redraws one line on a terminal" : "writes lines elsewhere"}`, () => {
    let text = "";
    const io = {
      out: () => {},
      err: (t: string) => void (text += t),
      isTerminal,
      signal: new AbortController().signal,
    };
    const display = createProgressDisplay(io);
    display.show(HALF);
    display.show(HALF);
    display.end();
    assertEquals(text.split("\n").length - 1, isTerminal ? 1 : 2);
    assertEquals(text.split("\r").length - 1, isTerminal ? 2 : 0);
  });
}
