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

/** Programs for a memory and its threads. */
export function createPrograms(memory: DeviceMemory, threads: Threads, cache: CodeCache): Programs {
  const opened = new Map<string, OpenProgram>();
  const pieces: number[] = [];

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
    // Threads must not write into one line of a cache.
    const scratchBytes = Math.ceil(code.scratchBytes / 128) * 128 + 128;
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
    run({ program }, pass, { job, range, chunk, isSequential = false }) {
      const whole = { pods: 0, from: 0, to: 0, ...range };
      if (isSequential || threads.count === 1) program.passes[pass]!(job, whole);
      else threads.run(passTask({ program: program.id, pass, job, range: whole, chunk }));
    },
    clear() {
      pieces.forEach((at) => memory.give(at));
      opened.clear();
    },
  };
}
