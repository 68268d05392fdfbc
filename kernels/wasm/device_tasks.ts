/** What threads tell each other: words in the shared memory, the modules they can instantiate and the passes they can run. */

import { instantiateLikelihood, instantiateProjection, instantiateVisit } from "./pass_instances.ts";

/** Places of the words, i32. */
export const WORDS = {
  /** Counts the commands. */
  epoch: 0,
  command: 1,
  /** Workers that have ended the command. */
  done: 2,
  /** Not 0 if one of them failed. */
  failed: 3,
  /** First place of the range that no thread has taken yet. */
  next: 4,
  /** What a command is about: see `Program` and `Task`. */
  message: 5,
  count: 16,
} as const;

/** Commands to the workers. */
export const COMMANDS = { open: 1, run: 2, stop: 3 } as const;

/** Kinds of modules, in the order of their numbers. */
export const PROGRAM_KINDS = ["projection", "visit", "likelihood"] as const;

/** Kind of a module. */
export type ProgramKind = (typeof PROGRAM_KINDS)[number];

/** Names of the passes of all modules, in the order of their numbers. */
export const PASS_NAMES = [
  "fourierUpdate",
  "beginExitWaves",
  "beginSpectra",
  "objectUpdate",
  "probeUpdate",
  "visit",
  "gradient",
  "objectGradient",
  "probeGradient",
  "line",
] as const;

/** Name of a pass. */
export type PassName = (typeof PASS_NAMES)[number];

/** What a pass works on: places [start, end), and what it needs to know beside. */
export interface PassRange {
  readonly start: number;
  readonly end: number;
  /** For passes over bands of rows: how many pods there are, or which frames take part. */
  readonly pods: number;
  readonly from: number;
  readonly to: number;
}

/** The passes of an instance. */
export type Passes = Partial<Record<PassName, (job: number, range: PassRange) => unknown>>;

/** An instance on the main thread and the message by which workers make theirs. */
export interface Program {
  readonly id: number;
  readonly passes: Passes;
  readonly message: readonly number[];
}

/** A pass to run: the message for `runChunks`. */
export interface Task {
  readonly program: number;
  readonly range: { readonly start: number; readonly end: number };
  readonly message: readonly number[];
}

/** The message of a module whose bytes lie at `at`; thread number t has its scratch at `scratch + t * scratchBytes`. */
export function programMessage({ id, kind, at, length, scratch, scratchBytes }: {
  readonly id: number;
  readonly kind: ProgramKind;
  readonly at: number;
  readonly length: number;
  readonly scratch: number;
  readonly scratchBytes: number;
}): number[] {
  return [id, PROGRAM_KINDS.indexOf(kind), at, length, scratch, scratchBytes];
}

/** A task: a pass of a program with its job over a range, `chunk` places at a time. */
export function passTask({ program, pass, job, range, chunk }: {
  readonly program: number;
  readonly pass: PassName;
  readonly job: number;
  readonly range: PassRange;
  readonly chunk: number;
}): Task {
  const { start, end, pods, from, to } = range;
  return { program, range, message: [program, PASS_NAMES.indexOf(pass), job, start, end, chunk, pods, from, to] };
}

/** Writes a message, and where its range begins. Changes `words`. */
export function writeTask(words: Int32Array, message: readonly number[]): void {
  message.forEach((value, i) => Atomics.store(words, WORDS.message + i, value));
  Atomics.store(words, WORDS.next, message[3]!);
}

/** Takes chunks of the current task's range until none is left. */
export function runChunks(words: Int32Array, passes: Passes): void {
  const [, name, job, , end, chunk, pods, from, to] = Array.from(
    { length: 9 },
    (_, i) => Atomics.load(words, WORDS.message + i),
  ) as [number, number, number, number, number, number, number, number, number];
  const pass = passes[PASS_NAMES[name]!]!;
  for (;;) {
    const start = Atomics.add(words, WORDS.next, chunk);
    if (start >= end) return;
    pass(job, { start, end: Math.min(end, start + chunk), pods, from, to });
  }
}

/** Instantiates a module of a kind. */
export function instantiateProgram(
  kind: ProgramKind,
  module: WebAssembly.Module,
  place: { readonly memory: WebAssembly.Memory; readonly scratchAt: number },
): Passes {
  if (kind === "projection") return instantiateProjection(module, place) as Passes;
  if (kind === "visit") return instantiateVisit(module, place) as Passes;
  return instantiateLikelihood(module, place) as Passes;
}
