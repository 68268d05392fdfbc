/** The stage that does one block of iterations of an engine. */

import { z } from "zod";
import { isPtychoError, ParameterError } from "../../core/errors.ts";
import type { SupportedParams } from "../../core/engines/mod.ts";
import type { PtychoParams } from "../../core/ptycho_params.ts";
import type { PtyrIteration } from "../../core/formats/ptyr.ts";
import type { TaggedError } from "../../kernels/errors.ts";
import { ARTIFACT_KEY, ERRORS, RUN_NAME, STATE_REFERENCE, type StateReference } from "../inputs.ts";
import { collectBefore, publishedAfter } from "../lineage.ts";
import { keepModel } from "../open_model.ts";
import { engineOf, loadParameters, needsExitWaves } from "../parameters.ts";
import { keepRunning, openRunningEngine, type RunningEngine, takeRunning } from "../running_engine.ts";
import { defineStage, outputKey, type StageContext } from "../stage.ts";
import { openState } from "../state_pack.ts";

const INPUT = z.strictObject({
  run: RUN_NAME,
  parameters: ARTIFACT_KEY,
  prepared: ARTIFACT_KEY,
  engine: z.string().meta({ description: "Label of the engine in the parameter tree" }),
  state: STATE_REFERENCE,
  iterations: z.int().min(1).max(1_000_000).meta({
    description: "Iterations to do, at most those that the engine still has",
  }),
  publish: z.enum(["always", "adaptive", "never"]).default("adaptive").meta({
    description:
      "Whether the state is published: adaptive does so where it costs little of the time worked since the last one; the end " +
      "of an engine always is",
  }),
});

const OUTPUT = z.strictObject({
  state: STATE_REFERENCE,
  engine: z.string().meta({ description: "Name of the engine" }),
  iteration: z.int().meta({ description: "Iterations of this engine" }),
  iterations: z.int().meta({ description: "Iterations of the whole run" }),
  errors: ERRORS,
  seconds: z.number().meta({ description: "What the block took" }),
  deviceChanges: z.array(z.strictObject({
    from: z.string(),
    to: z.string(),
    iteration: z.int().meta({ description: "Iteration of the engine after which the other device went on" }),
    repeated: z.int().meta({ description: "Iterations that were done already and were done again" }),
    reason: z.string(),
  })).meta({ description: "Devices that failed during this call, and where it went on" }),
  isEnd: z.boolean().meta({ description: "Whether the engine is at its end" }),
});

type Input = z.output<typeof INPUT>;
type Output = z.output<typeof OUTPUT>;

/**
 * Does a block of iterations. The state that it begins with is found on the device if this process left it there, else in the store, else
 * it is computed again from the last that was published: the bytes are the same.
 */
export const iterate = defineStage({
  name: "iterate",
  summary: "Does a block of iterations of an engine and says how the errors stand",
  input: INPUT,
  output: OUTPUT,
  async run(input, context) {
    const { parsed: { p } } = await loadParameters(context, input.parameters);
    const engine = engineOf(p, input.engine);
    const { run, parameters, prepared, state, iterations } = input;
    const key = outputKey(run, "state", { parameters, prepared, engine: input.engine, from: state.key, iterations });
    const warm = takeRunning(context, state);
    if (warm === null) {
      const known = await knownResult(key, { input, engine, context });
      if (known !== null) return known;
    }
    return await computeBlock(warm, { input, p, engine, key, context });
  },
});

interface Block {
  readonly input: Input;
  readonly p: PtychoParams;
  readonly engine: SupportedParams;
  readonly key: string;
  readonly context: StageContext;
}

/**
 * Does the block. Where a device has no room, or is lost under way, the next one is taken from then on. One that cannot be lost and yet
 * fails, such as a thread that dies, is as good as new when the call is repeated.
 */
async function computeBlock(warm: RunningEngine | null, block: Block): Promise<Output> {
  const { input, engine, context: { devices, warn }, context } = block;
  const deviceChanges: Output["deviceChanges"] = [];
  const failures: Failure[] = [];
  let running = warm;
  for (;;) {
    const device = devices.best;
    try {
      running ??= await openRunningEngine(context, {
        label: input.engine,
        engine,
        keys: input,
        device,
        reference: input.state,
      });
      for (const failure of failures.splice(0)) {
        const change = changeOf(failure, { blocks: input.state.blocks, iteration: running.iteration });
        deviceChanges.push(change);
        warn(changeText(change, engine.name));
      }
      return { ...await runBlock(running, block), deviceChanges };
    } catch (e) {
      const mayGoOn = running === null || device.mayBeLost;
      const done = running?.iteration ?? null;
      running?.[Symbol.dispose]();
      running = null;
      const isLost = isPtychoError(e, "DeviceError") && !lacksRoom(e) && mayGoOn && devices.giveUp(device);
      if (!isLost) {
        for (const { from, reason } of failures) warn(`the ${from} device failed: ${reason}`);
        throw e;
      }
      failures.push({ from: device.name, to: devices.best.name, reason: e.message, done });
    }
  }
}

/** Whether the memory that a device may take is too small: then no other device may take more. */
function lacksRoom({ fields }: TaggedError): boolean {
  return "least" in fields;
}

type DeviceChange = Output["deviceChanges"][number];

/** A device that failed, and the iterations that were done by then; null if it failed before the first of this call. */
interface Failure extends Pick<DeviceChange, "from" | "to" | "reason"> {
  readonly done: number | null;
}

/** What a failure cost, once another device stands at `iteration`, `blocks` after the last published state. */
function changeOf(
  { done, ...failure }: Failure,
  { blocks, iteration }: { readonly blocks: readonly number[]; readonly iteration: number },
): DeviceChange {
  const base = iteration - blocks.reduce((a, b) => a + b, 0);
  return { ...failure, iteration: base, repeated: (done ?? iteration) - base };
}

function changeText({ from, to, iteration, repeated, reason }: DeviceChange, engine: string): string {
  const going = iteration === 0 ? `begins${repeated > 0 ? " again" : ""}` : `goes on after iteration ${iteration}`;
  const again = repeated === 1 ? "1 iteration is repeated" : `${repeated || "no"} iterations are repeated`;
  return `the ${from} device failed: ${reason}. ${engine} ${going} on the ${to} device; ${again}`;
}

async function runBlock(running: RunningEngine, { input, p, engine, key, context }: Block): Promise<Output> {
  const left = engine.numiter - running.iteration;
  if (input.iterations > left) {
    throw new ParameterError([{
      path: "iterations",
      message:
        `found ${input.iterations}, expected at most the ${left} that ${input.engine} (${engine.name}) still has`,
    }]);
  }
  const entry = await running.iterate(input.iterations, context.signal);
  if (running.iteration === engine.numiter) {
    await running.publishEnd(key, { exitWaves: needsExitWaves(p, input.engine) });
    running.close();
    keepModel(context, input, running.model);
    await collectBefore(context.artifacts, running.lineage);
    // The device's memory too.
    await context.tidy?.();
    return output({ key, ...publishedAfter(running.lineage, { key, engine: input.engine, isEnd: true }) }, {
      entry,
      engine,
    });
  }
  const isWorthIt = running.isPublishingPaid || context.isEnding?.() === true;
  if (input.publish === "always" || (input.publish === "adaptive" && isWorthIt)) {
    await running.publish(key);
  }
  const reference = { key, ...copied(running) };
  keepRunning(context, reference, running);
  return output(reference, { entry, engine });
}

/** What an earlier call with the same input left, if it is still known. */
async function knownResult(
  key: string,
  { input, engine, context }: Pick<Block, "input" | "engine" | "context">,
): Promise<Output | null> {
  const running = takeRunning(context, { key });
  if (running !== null) {
    keepRunning(context, { key }, running);
    return output({ key, ...copied(running) }, { entry: running.history.iterations.at(-1)!, engine });
  }
  if (!await context.artifacts.has(key)) return null;
  using known = await openState(context.artifacts, key);
  const { history } = known;
  const entry = history.iterations.at(-1)!;
  const { state, iterations } = input;
  const before = { ...state, blocks: [...state.blocks, iterations] };
  const isEnd = entry.iteration === engine.numiter;
  return output({ key, ...publishedAfter(before, { key, engine: input.engine, isEnd }) }, { entry, engine });
}

/** Lineage as it is now: an engine at work goes on changing its own. */
function copied({ lineage: { base, blocks, earlier } }: RunningEngine): Omit<StateReference, "key"> {
  return { base, blocks: [...blocks], earlier };
}

function output(
  state: StateReference,
  { entry, engine }: { readonly entry: PtyrIteration; readonly engine: SupportedParams },
): Output {
  const { iteration, iterations, error, duration } = entry;
  const isEnd = iteration === engine.numiter;
  return {
    state,
    engine: engine.name,
    iteration,
    iterations,
    errors: [...error],
    seconds: duration,
    deviceChanges: [],
    isEnd,
  };
}
