/** The generated modules of the WASM device: compiled once, opened on all threads, run over ranges. */

import type { DeviceMemory } from "./device_memory.ts";
import {
  instantiateProgram,
  type PassName,
  type PassRange,
  passTask,
  type Program,
  type ProgramKind,
  programMessage,
} from "./device_tasks.ts";
import type { Threads } from "./device_threads.ts";
import type { ProjectionCode } from "./projection_pass.ts";

/** A module and its constant tables in memory. */
export interface OpenProgram {
  readonly program: Program;
  /** Address of the tables. */
  readonly tables: number;
}

/** The programs of a memory. */
export interface Programs {
  readonly threads: number;
  /** The program of this key, made by `generate` if it is new. */
  open(key: string, options: { readonly kind: ProgramKind; readonly generate: () => ProjectionCode }): OpenProgram;
  /** Address of a piece of memory that lives as long as the programs; zeros the first time. */
  room(name: string, bytes: number): number;
  /** Runs a pass over a range, cut into chunks that threads take; on the main thread alone if `sequential`. */
  run(program: OpenProgram, pass: PassName, options: RunOptions): void;
  /** Gives all memory back. */
  clear(): void;
}

/** How a pass is run. */
export interface RunOptions {
  readonly job: number;
  readonly range: Partial<PassRange> & { readonly start: number; readonly end: number };
  readonly chunk: number;
  readonly isSequential?: boolean;
}

/** Generated code and its compiled module; they depend on nothing but the key. */
export type CodeCache = Map<string, { readonly code: ProjectionCode; readonly module: WebAssembly.Module }>;

/** Bytes of a thread's scratch with its distance from the next: threads must not write into one line of a cache. */
export function threadScratch(scratchBytes: number): number {
  return Math.ceil(scratchBytes / 128) * 128 + 128;
}

/** Programs for a memory and its threads. */
export function createPrograms(memory: DeviceMemory, threads: Threads, cache: CodeCache): Programs {
  const opened = new Map<string, OpenProgram>();
  const pieces: number[] = [];
  const rooms = new Map<string, number>();

  function take(bytes: number, what: string): number {
    const at = memory.take(bytes, what);
    pieces.push(at);
    return at;
  }

  function openNew(key: string, kind: ProgramKind, generate: () => ProjectionCode): OpenProgram {
    const known = cache.get(key);
    const code = known?.code ?? generate();
    const module = known?.module ?? new WebAssembly.Module(code.bytes);
    cache.set(key, { code, module });
    const tables = take(code.tables.length, "tables of a transform");
    new Uint8Array(memory.memory.buffer).set(code.tables, tables);
    const scratchBytes = threadScratch(code.scratchBytes);
    const scratch = take(threads.count * scratchBytes, "scratch");
    const passes = instantiateProgram(kind, module, { memory: memory.memory, scratchAt: scratch });
    const length = code.bytes.length;
    const at = memory.take(threads.count > 1 ? length : 0, "a module");
    if (threads.count > 1) new Uint8Array(memory.memory.buffer).set(code.bytes, at);
    const id = opened.size;
    const program = { id, passes, message: programMessage({ id, kind, at, length, scratch, scratchBytes }) };
    threads.open(program);
    memory.give(at);
    return { program, tables };
  }

  return {
    threads: threads.count,
    open(key, { kind, generate }) {
      const program = opened.get(key) ?? openNew(key, kind, generate);
      opened.set(key, program);
      return program;
    },
    room(name, bytes) {
      const at = rooms.get(name) ?? take(bytes, `"${name}"`);
      rooms.set(name, at);
      return at;
    },
    run({ program }, pass, { job, range, chunk, isSequential = false }) {
      const whole = { pods: 0, from: 0, to: 0, ...range };
      if (isSequential || threads.count === 1) program.passes[pass]!(job, whole);
      else threads.run(passTask({ program: program.id, pass, job, range: whole, chunk }));
    },
    clear() {
      pieces.splice(0).forEach((at) => memory.give(at));
      opened.clear();
      rooms.clear();
    },
  };
}
