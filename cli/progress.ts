/** Shows how a run is going: a bar that redraws itself on a terminal, one line per block elsewhere. */

import type { CliIo } from "./command.ts";

/** What is known after a block of iterations. */
export interface Progress {
  readonly engine: string;
  /** Iterations done by this engine, and how many it will do. */
  readonly iteration: number;
  readonly numiter: number;
  /** Mean (fourier, photons, exit) of the last iteration. */
  readonly errors: readonly [number, number, number];
  /** Seconds per iteration of the last block. */
  readonly secondsPerIteration: number;
}

const WIDTH = 24;
const PARTS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** Draws progress on `io.err`: `show` after each block, `end` when an engine is done. */
export function createProgressDisplay(io: CliIo): { show(p: Progress): void; end(): void } {
  let drawn = false;
  return {
    show(p) {
      if (io.isTerminal) io.err(`\r\x1b[K${progressBar(p)}`);
      else io.err(`${progressLine(p)}\n`);
      drawn = io.isTerminal;
    },
    end() {
      if (drawn) io.err("\n");
      drawn = false;
    },
  };
}

/** A bar with count, speed, time left and the three errors, for a terminal. */
export function progressBar(p: Progress): string {
  const done = p.iteration / p.numiter * WIDTH;
  const full = Math.floor(done);
  const part = full < WIDTH ? PARTS[Math.floor((done - full) * PARTS.length)] ?? "" : "";
  const bar = `${"█".repeat(full)}${part}`.padEnd(WIDTH);
  const left = duration((p.numiter - p.iteration) * p.secondsPerIteration);
  return `${p.engine} ${counter(p)} ${bar} ${rate(p.secondsPerIteration)} ${left} left  ${errorsText(p)}`;
}

/** The same facts as a plain line. */
export function progressLine(p: Progress): string {
  return `${p.engine} ${counter(p)}  ${rate(p.secondsPerIteration)}  ${errorsText(p)}`;
}

/** Seconds as m:ss or h:mm:ss. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const s = String(whole % 60).padStart(2, "0");
  const m = Math.floor(whole / 60) % 60;
  const h = Math.floor(whole / 3600);
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}

function counter(p: Progress): string {
  return `${String(p.iteration).padStart(String(p.numiter).length)}/${p.numiter}`;
}

function rate(secondsPerIteration: number): string {
  return secondsPerIteration > 1
    ? `${secondsPerIteration.toPrecision(3)} s/it`
    : `${(1 / secondsPerIteration).toPrecision(3)} it/s`;
}

/** The three errors, by name. */
export function errorsText({ errors: [fourier, photons, exit] }: Pick<Progress, "errors">): string {
  return `fourier ${short(fourier)}  photons ${short(photons)}  exit ${short(exit)}`;
}

function short(value: number): string {
  if (value === 0) return "0";
  return value >= 1e-3 && value < 1e5 ? value.toPrecision(4) : value.toExponential(2);
}
