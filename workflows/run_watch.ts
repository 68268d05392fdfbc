/** Watches the stages of one run: tells its progress, knows where it stands, and lets it end between two stages. */

import type { StateReference } from "../functions/inputs.ts";
import type { InputOf, Invoke, OutputOf } from "../functions/invoke.ts";
import { type OutputFiles, tryOutputs } from "../functions/output_files.ts";
import { DeviceError, type TaggedError } from "../kernels/errors.ts";
import type { RunProgress } from "./recipe.ts";

/** What a block of iterations reports. */
export interface BlockReport {
  readonly engine: string;
  readonly iteration: number;
  readonly numiter: number;
  readonly errors: readonly [number, number, number];
  readonly secondsPerIteration: number;
}

/** A device failed and another one went on. */
export type DeviceChange = OutputOf<"iterate">["deviceChanges"][number] & { readonly engine: string };

/** Who is told how a run goes on. */
export interface RunEvents {
  /** Is told once, when everything is loaded: from here on the run heeds `signal`. */
  started(): void;
  /** Is told of every block. */
  report(block: BlockReport): void;
  /** Is told when an engine is done. */
  engineDone(engine: string): void;
  /** When aborted, the run stops after the current block and saves. */
  readonly signal: AbortSignal;
  /** Says something at an informative level. */
  log(message: string): void;
  /** Says how things stand, at a level for those who look inside. */
  inspect(message: string): void;
  /** Says everything else. */
  debug(message: string): void;
}

/** What a watch is made with. */
export interface WatchOptions {
  readonly events: RunEvents;
  readonly outputs: OutputFiles;
  /** What is said of the parameters once the scans are known, at the level for everything. */
  readonly details: readonly string[];
  /** Iterations of an engine by its label. */
  readonly numiterOf: (label: string) => number;
  /** Ends the work of this process on the run, so that the signal of the next stage is aborted. */
  readonly leave: () => void;
}

/** Where a run stands after a block. */
interface Standing {
  readonly prepared: string;
  readonly state: StateReference;
  readonly label: string;
  readonly engine: string;
  readonly iteration: number;
  readonly iterations: number;
  readonly errors: readonly [number, number, number];
}

/** A file and the iterations of the run that are in it. */
interface SavedFile {
  readonly file: string;
  readonly iterations: number;
}

/** A watched run. */
export interface RunWatch {
  /** The stages, watched. */
  readonly invoke: Invoke;
  /** Null before the first block. */
  readonly standing: Standing | null;
  /** What this process wrote. */
  readonly files: readonly SavedFile[];
  readonly dumps: readonly SavedFile[];
  readonly deviceChanges: readonly DeviceChange[];
  /** Spent in iterations by this process, and their number. */
  readonly worked: { readonly seconds: number; readonly iterations: number };
  /** Writes the result file of where the run stands, also after it was left. */
  save(input: InputOf<"export">): Promise<void>;
  /** Tells where an earlier process left the run. */
  resume(progress: RunProgress): void;
  /** An error that ends the run, saying what is saved where a device failed under way. */
  failure(error: Error): Error;
}

/** Watches a run that calls its stages by what this returns. */
export function watchRun(invoke: Invoke, { events, outputs, details, numiterOf, leave }: WatchOptions): RunWatch {
  let standing: Standing | null = null;
  let isStarted = false;
  const [files, dumps, deviceChanges]: [SavedFile[], SavedFile[], DeviceChange[]] = [[], [], []];
  const worked = { seconds: 0, iterations: 0 };

  function before(stage: string, signal: AbortSignal): void {
    if (stage === "iterate" && !isStarted) {
      isStarted = true;
      tryOutputs(outputs);
      events.started();
    }
    if (!isStarted || !events.signal.aborted) return;
    leave();
    signal.throwIfAborted();
  }

  function iterated(input: InputOf<"iterate">, output: OutputOf<"iterate">): void {
    const { state, engine, iteration, iterations, errors, seconds, isEnd } = output;
    standing = { prepared: input.prepared, state, label: input.engine, engine, iteration, iterations, errors };
    worked.seconds += seconds;
    worked.iterations += input.iterations;
    deviceChanges.push(...output.deviceChanges.map((change) => ({ ...change, engine })));
    const secondsPerIteration = seconds / input.iterations;
    events.report({ engine, iteration, numiter: numiterOf(input.engine), errors, secondsPerIteration });
    if (isEnd) events.engineDone(engine);
  }

  function begun({ scans, storages }: OutputOf<"start">): void {
    for (const line of scans) events.log(line);
    for (const line of storages) events.inspect(line);
    for (const line of details) events.debug(line);
  }

  function after(stage: string, input: unknown, output: unknown): void {
    if (stage === "start") begun(output as OutputOf<"start">);
    else if (stage === "iterate") iterated(input as InputOf<"iterate">, output as OutputOf<"iterate">);
    else if (stage === "export" || stage === "autosave") {
      const { file, iterations } = output as OutputOf<"export">;
      if (file !== null) (stage === "export" ? files : dumps).push({ file, iterations });
    }
  }

  return {
    get standing() {
      return standing;
    },
    files,
    dumps,
    deviceChanges,
    worked,
    async invoke(stage, input, signal) {
      before(stage, signal);
      const output = await invoke(stage, input, signal);
      after(stage, input, output);
      return output;
    },
    async save(input) {
      after("export", input, await invoke("export", input, new AbortController().signal));
    },
    resume({ at, engine, iteration, iterations, errors }) {
      standing = { ...at, engine, iteration, iterations, errors };
    },
    failure(error) {
      // What has no room anywhere has done nothing yet.
      if (!(error instanceof DeviceError) || "least" in error.fields) return error;
      return endOf(error, { standing, saved: [...dumps, ...files] });
    },
  };
}

/** The error that ends a run whose device failed under way. */
function endOf(
  error: TaggedError,
  { standing, saved }: { readonly standing: Standing | null; readonly saved: readonly SavedFile[] },
): DeviceError {
  const last = saved.toSorted((a, b) => a.iterations - b.iterations).at(-1);
  const what = last === undefined
    ? "no file was saved"
    : `what was saved last, after ${last.iterations} of ${standing?.iterations ?? 0} iterations, is in ${last.file}`;
  const { engine, iteration } = standing ?? { engine: null, iteration: 0 };
  const where = engine === null ? "before its first block" : `after iteration ${iteration} of ${engine}`;
  return new DeviceError(
    `${error.message}. The run ends ${where}; ${what}; started again it goes on from there`,
    { ...error.fields, engine, iteration, saved: last?.file ?? null },
    error,
  );
}
