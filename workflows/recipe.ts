/** The recipe of a reconstruction: prepare, start, blocks of each engine with autosaves and pictures in between, results. */

import type { PtychoParams } from "../core/ptycho_params.ts";
import { sortedEngines } from "../functions/load.ts";
import type { InputOf, Invoke, OutputOf } from "../functions/invoke.ts";
import { addUsage, NO_USAGE, type Usage } from "../functions/operation/stage_meter.ts";
import type { StateReference } from "../functions/inputs.ts";
import type { Json } from "../core/json.ts";
import type { Workflow, WorkflowContext } from "./orchestrator.ts";

/** What a run is submitted with. Plain JSON. */
export interface RunInput {
  /** Name of the run in keys. */
  readonly run: string;
  /** Key of the parameters. */
  readonly parameters: string;
  /** When it was submitted, ISO. */
  readonly started: string;
  /** The engines in the order in which they run. */
  readonly engines: readonly EngineInput[];
  /** Iterations between autosaves and between pictures; null for none. */
  readonly autosave: number | null;
  readonly plot: number | null;
  /** Whether results are artifacts too, for those who cannot read the files. */
  readonly keep?: boolean;
}

/** An engine of a run. */
export interface EngineInput {
  readonly label: string;
  readonly numiter: number;
  readonly numiter_contiguous: number;
}

/** How a run stands. Plain JSON. */
export interface RunProgress {
  readonly engine: string;
  readonly iteration: number;
  readonly numiter: number;
  readonly iterations: number;
  readonly total: number;
  readonly errors: readonly [number, number, number];
  readonly secondsPerIteration: number;
  /** Where its state is. */
  readonly at: { readonly prepared: string; readonly state: StateReference; readonly label: string };
  /** The latest picture; null before the first. */
  readonly picture: string | null;
  /** The results so far as artifacts, if they are kept. */
  readonly kept: readonly KeptFile[];
  /** What its stages cost so far, where that is measured. */
  readonly usage: Usage;
}

/** A file that a run left, as an artifact. Plain JSON. */
export interface KeptFile {
  readonly name: string;
  readonly artifact: string;
}

/** What a run left. Plain JSON. */
export interface RunOutcome {
  /** Result files, one for each engine. */
  readonly files: readonly string[];
  readonly dumps: readonly string[];
  /** The results as artifacts, if they were to be kept. */
  readonly kept: readonly KeptFile[];
  readonly iterations: number;
  readonly errors: readonly [number, number, number] | null;
  /** Mean over all iterations; null if there was none. */
  readonly secondsPerIteration: number | null;
  readonly state: StateReference;
  readonly prepared: string;
  /** What its stages cost, where that is measured. */
  readonly usage: Usage;
}

/** What the recipe asks of a parameter tree. */
export function recipeOf(p: PtychoParams): Pick<RunInput, "engines" | "autosave"> {
  const { active, interval } = p.io.autosave;
  const engines = sortedEngines(p).map(([label, { numiter, numiter_contiguous }]) => {
    return { label, numiter, numiter_contiguous };
  });
  return { engines, autosave: active && interval > 0 ? interval : null };
}

/** The workflow that reconstructs, over stages that `invoke` calls. */
export function reconstructBy(invoke: Invoke): Workflow {
  return async (context, json) => {
    const input = json as unknown as RunInput;
    const spent: Spent = { usage: NO_USAGE };
    const call = callerOf(invoke, { context, input, spent });
    const { prepared } = await call("prepare", "prepare", {});
    const { state } = await call("start", "start", { prepared });
    const run: Run = {
      call,
      context,
      input,
      prepared,
      state,
      lastSave: 0,
      picture: null,
      last: null,
      seconds: 0,
      files: [],
      dumps: [],
      kept: [],
      progress: null,
      spent,
    };
    for (const engine of input.engines) await runEngine(run, engine);
    const iterations = run.last?.iterations ?? 0;
    const outcome: RunOutcome = {
      files: run.files,
      dumps: run.dumps,
      kept: run.kept,
      iterations,
      errors: run.last?.errors ?? null,
      secondsPerIteration: iterations > 0 ? run.seconds / iterations : null,
      state: run.state,
      prepared,
      usage: spent.usage,
    };
    return outcome as unknown as Json;
  };
}

type StageName = Parameters<Invoke>[0];

/** Calls a stage as a step, with what every stage of the run is told. */
type Call = <N extends StageName>(
  step: string,
  stage: N,
  input: Omit<InputOf<N>, "run" | "parameters">,
) => Promise<OutputOf<N>>;

interface Run {
  readonly call: Call;
  readonly context: WorkflowContext;
  readonly input: RunInput;
  readonly prepared: string;
  state: StateReference;
  lastSave: number;
  picture: string | null;
  last: OutputOf<"iterate"> | null;
  /** Spent in iterations. */
  seconds: number;
  readonly files: string[];
  readonly dumps: string[];
  readonly kept: KeptFile[];
  /** What was reported last. */
  progress: RunProgress | null;
  readonly spent: Spent;
}

/** What the stages of a run cost. */
interface Spent {
  usage: Usage;
}

function callerOf(
  invoke: Invoke,
  { context, input: { run, parameters }, spent }: {
    readonly context: WorkflowContext;
    readonly input: RunInput;
    readonly spent: Spent;
  },
): Call {
  return async (step, stage, input) => {
    const output = await context.step(
      step,
      (signal) => invoke(stage, { run, parameters, ...input } as unknown as InputOf<typeof stage>, signal),
    );
    spent.usage = addUsage(spent.usage, output.usage);
    return output;
  };
}

async function runEngine(run: Run, engine: EngineInput): Promise<void> {
  const { label, numiter, numiter_contiguous } = engine;
  for (let iteration = 0; iteration < numiter;) {
    if (isDue(run.input.autosave, { iteration, before: iteration - numiter_contiguous })) {
      await autosave(run, { label, iteration });
    }
    const count = Math.min(numiter_contiguous, numiter - iteration);
    await runBlock(run, { engine, iteration, count });
    iteration += count;
    if (isDue(run.input.plot, { iteration, before: iteration - count })) await draw(run, { label, iteration, numiter });
  }
  if (numiter === 0) return;
  const { call, prepared, state, input: { started, keep = false }, lastSave } = run;
  const { file, artifact } = await call(`${label}/export`, "export", { prepared, state, started, lastSave, keep });
  if (file !== null) run.files.push(file);
  if (artifact === null) return;
  run.kept.push({ name: `${label}.ptyr`, artifact });
  report(run, run.progress!);
}

/** Whether a multiple of the interval was reached after `before` iterations, 0 included. */
function isDue(interval: number | null, { iteration, before }: { iteration: number; before: number }): boolean {
  return interval !== null && Math.floor(iteration / interval) > Math.floor(before / interval);
}

async function autosave(run: Run, { label, iteration }: { label: string; iteration: number }): Promise<void> {
  const { call, prepared, state, input: { started }, lastSave } = run;
  const saved = await call(`${label}/${iteration}/autosave`, "autosave", {
    prepared,
    state,
    engine: label,
    started,
    lastSave,
  });
  run.lastSave = saved.iterations;
  if (saved.file !== null) run.dumps.push(saved.file);
}

async function runBlock(
  run: Run,
  { engine: { label, numiter }, iteration, count }: { engine: EngineInput; iteration: number; count: number },
): Promise<void> {
  const { call, prepared, state, input: { autosave, engines } } = run;
  const next = iteration + count;
  // What is saved next should also be where a lost process goes on from.
  const isSaved = next < numiter && isDue(autosave, { iteration: next, before: iteration });
  const block = await call(`${label}/${iteration}/iterate`, "iterate", {
    prepared,
    engine: label,
    state,
    iterations: count,
    publish: isSaved ? "always" : "adaptive",
  });
  run.state = block.state;
  run.last = block;
  run.seconds += block.seconds;
  report(run, {
    engine: block.engine,
    iteration: next,
    numiter,
    iterations: block.iterations,
    total: engines.reduce((sum, engine) => sum + engine.numiter, 0),
    errors: block.errors,
    secondsPerIteration: block.seconds / count,
    at: { prepared, state: block.state, label },
  });
}

/** Tells how the run stands, with what it left so far. */
function report(run: Run, progress: Omit<RunProgress, "picture" | "kept" | "usage">): void {
  run.progress = { ...progress, picture: run.picture, kept: [...run.kept], usage: run.spent.usage };
  run.context.report(run.progress as unknown as Json);
}

async function draw(
  run: Run,
  { label, iteration, numiter }: { label: string; iteration: number; numiter: number },
): Promise<void> {
  const { call, prepared, state } = run;
  const engine = iteration < numiter ? { engine: label } : {};
  run.picture = (await call(`${label}/${iteration}/plot`, "plot", { prepared, state, ...engine })).picture;
  report(run, run.progress!);
}
