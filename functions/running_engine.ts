/** An engine at work in a process: its session on a device, the state that it stands at, and when that was last published. */

import { type EngineSession, type FinishOptions, loadEngine } from "../core/engines/run_engine.ts";
import type { SupportedParams } from "../core/engines/mod.ts";
import { isPtychoError } from "../core/errors.ts";
import type { PtyrIteration } from "../core/formats/ptyr.ts";
import { restoreRandom } from "../core/random.ts";
import type { Device } from "../kernels/device.ts";
import { needOf } from "../kernels/memory_plan.ts";
import { createTurn } from "../kernels/turn.ts";
import { placeFrames, placementText } from "./device_plan.ts";
import type { StateReference } from "./inputs.ts";
import { collectBefore, type Earlier, type Lineage, publishedAfter } from "./lineage.ts";
import { keepModel, type ModelKeys, type OpenModel, takeModel, takeStart } from "./open_model.ts";
import { engineOf, loadParameters, needsExitWaves } from "./parameters.ts";
import type { ArtifactStore } from "./artifacts.ts";
import type { StageContext } from "./stage.ts";
import type { WarmRuns } from "./warm_runs.ts";
import {
  type ComingState,
  type OpenState,
  openState,
  publishComing,
  publishState,
  type RunHistory,
  type SavedState,
} from "./state_pack.ts";

/** An engine whose state is on a device. */
export interface RunningEngine extends Disposable {
  readonly model: OpenModel;
  readonly device: Device;
  /** Iterations done by this engine. */
  readonly iteration: number;
  readonly history: RunHistory;
  /** The last published state, and the blocks that lead from there. */
  readonly lineage: Lineage;
  /** Does a block. @throws {DOMException} if aborted: then the engine can only be disposed of */
  iterate(count: number, signal: AbortSignal): Promise<PtyrIteration>;
  /** The state in the middle of the engine, with the arrays that are wanted. */
  save(isWanted: (name: string) => boolean): Promise<SavedState>;
  /** Publishes the state in the middle of the engine under `key`, from which lineage then starts. */
  publish(key: string): Promise<void>;
  /** Publishes the state that the next engine begins with. */
  publishEnd(key: string, options: FinishOptions): Promise<void>;
  /** Gives the device's memory back, but keeps the model open. */
  close(): void;
  /** Whether publishing costs little of the time that was worked since the last one. */
  readonly isPublishingPaid: boolean;
}

/** What an engine is opened with. */
export interface OpenOptions {
  /** Label of the engine in the parameter tree, and its parameters. */
  readonly label: string;
  readonly engine: SupportedParams;
  readonly keys: ModelKeys;
  readonly device: Device;
  readonly reference: StateReference;
}

/** The engine at work that stands at a state, where this process has it. The caller puts it back with `keepRunning` or disposes of it. */
export function takeRunning({ warm }: StageContext, { key }: Pick<StateReference, "key">): RunningEngine | null {
  return warm.take<RunningEngine>(warmKey(key));
}

/** Puts an engine back. */
export function keepRunning(
  { warm }: StageContext,
  { key }: Pick<StateReference, "key">,
  running: RunningEngine,
): void {
  warm.put(warmKey(key), running);
}

const WARM = "engine ";

function warmKey(key: string): string {
  return `${WARM}${key}`;
}

/** Publishes the states that this process alone has, at its end. Whoever goes on with them finds them by their keys. */
export async function publishWarm(warm: WarmRuns): Promise<void> {
  for (const [key, value] of warm.kept()) {
    if (!key.startsWith(WARM)) continue;
    const running = value as RunningEngine;
    if (running.lineage.blocks.length > 0) await running.publish(key.slice(WARM.length));
  }
}

/** The part of the time that publishing may take. */
const PUBLISHING_SHARE = 0.05;

/** Before the first publishing nobody knows what it takes; work for so many seconds is worth it. */
const FIRST_SECONDS = 1;

/**
 * Opens the engine at a state: loads the published one that it comes from and does the blocks in between again, to the same bytes. A base
 * that is damaged or gone is made again from the one before.
 * @throws {DataError} if that one is missing or damaged too
 */
export async function openRunningEngine(
  context: StageContext,
  { reference: given, ...options }: OpenOptions,
): Promise<RunningEngine> {
  const reference = await nearest(context, { given, engine: options.label });
  const { base: key, blocks, earlier } = reference;
  const { engine, keys, device } = options;
  const base = await openBase(context, { keys, device, reference });
  const running = await openAt(context, { ...options, base, key, earlier });
  try {
    if (blocks.length > 0) context.log(`${engine.name}: ${describe(blocks)} since the last checkpoint again`);
    for (const count of blocks) await running.iterate(count, context.signal);
    return running;
  } catch (e) {
    running[Symbol.dispose]();
    throw e;
  }
}

/** The reference, but from its own state on where that was published after all, as at the end of the process that had it. */
async function nearest(
  { artifacts }: StageContext,
  { given, engine }: { readonly given: StateReference; readonly engine: string },
): Promise<StateReference> {
  const { key, blocks } = given;
  if (blocks.length === 0 || !await artifacts.has(key)) return given;
  return { key, ...publishedAfter(given, { key, engine, isEnd: false }) };
}

function describe(blocks: readonly number[]): string {
  const count = blocks.reduce((a, b) => a + b, 0);
  return count === 1 ? "does the iteration" : `does the ${count} iterations`;
}

/** The published state that a reference begins with, checked. The caller disposes of it. */
async function openBase(
  context: StageContext,
  { keys, device, reference: { base, earlier } }: Pick<OpenOptions, "keys" | "device" | "reference">,
): Promise<OpenState> {
  const { artifacts } = context;
  try {
    return await openChecked(artifacts, base);
  } catch (e) {
    if (!isPtychoError(e, "DataError")) throw e;
    const source = earlier === null ? "the start of the run" : "the checkpoint before it";
    context.warn(`${e.message}. It is made again from ${source}`);
  }
  await (earlier === null ? publishStart(context, keys, { base }) : remake(context, { keys, device, base, earlier }));
  return await openChecked(artifacts, base);
}

/** Opens a state of which no part is damaged. */
async function openChecked(artifacts: ArtifactStore, key: string): Promise<OpenState> {
  const open = await openState(artifacts, key);
  try {
    open.check();
    return open;
  } catch (e) {
    open[Symbol.dispose]();
    throw e;
  }
}

async function publishStart(
  context: StageContext,
  keys: ModelKeys,
  { base }: { readonly base: string },
): Promise<void> {
  const { artifacts } = context;
  const { open, state } = await takeStart(context, keys);
  keepModel(context, keys, open);
  await artifacts.remove(base);
  await publishState(artifacts, base, { state, history: { iterations: [], localErrors: null } });
}

async function remake(
  context: StageContext,
  { keys, device, base, earlier }:
    & Pick<OpenOptions, "keys" | "device">
    & { readonly base: string; readonly earlier: Earlier },
): Promise<void> {
  const { base: key, engine: label, blocks, isEnd } = earlier;
  const { artifacts } = context;
  const { parsed: { p } } = await loadParameters(context, keys.parameters);
  const from = await openChecked(artifacts, key);
  const engine = engineOf(p, label);
  using running = await openAt(context, { label, engine, keys, device, base: from, key, earlier: null });
  for (const count of blocks) await running.iterate(count, context.signal);
  await artifacts.remove(base);
  if (isEnd) await running.publishEnd(base, { exitWaves: needsExitWaves(p, label) });
  else await running.publish(base);
}

/** Opens an engine at a base, which it owns from here on. */
async function openAt(
  context: StageContext,
  { engine, keys, device, base, ...rest }: Omit<Running, "model" | "context"> & Pick<OpenOptions, "keys">,
): Promise<RunningEngine> {
  let model: OpenModel | null = null;
  try {
    model = await takeModel(context, keys);
    const { state } = base;
    const random = restoreRandom(state.random);
    const placement = placeFrames(engine.name, { need: needOf(model.data), device });
    context.log(`engine ${engine.name}: ${engine.numiter - state.iteration} iterations on ${placementText(placement)}`);
    const start = await loadEngine({
      p: engine,
      device,
      data: model.data,
      state,
      random,
      log: (message) => context.log(message),
    });
    // What was read of the state is free now that the device has it, before the engine takes its waves.
    await context.tidy?.();
    return createRunning(start(), { engine, model, device, base, context, ...rest });
  } catch (e) {
    model?.[Symbol.dispose]();
    base[Symbol.dispose]();
    throw e;
  }
}

interface Running extends Pick<OpenOptions, "label" | "engine" | "device"> {
  readonly model: OpenModel;
  /** Arrays that the engine leaves alone are read from it when they are saved. */
  readonly base: OpenState;
  readonly key: string;
  readonly earlier: StateReference["earlier"];
  readonly context: StageContext;
}

function createRunning(
  opened: EngineSession,
  { label, engine, model, device, base, key, earlier, context: { artifacts, clock, tidy } }: Running,
): RunningEngine {
  // Nobody holds the device's memory once the session is closed.
  let session: EngineSession | null = opened;
  let { iteration } = opened;
  const open = (): EngineSession => {
    if (session !== null) return session;
    throw new TypeError(`Cannot use ${engine.name}: it is closed`);
  };
  const iterations = [...base.history.iterations];
  let { localErrors } = base.history;
  let lineage: Lineage & { readonly blocks: number[] } = { base: key, blocks: [], earlier };
  let isNew = true;
  let worked = 0;
  let publishSeconds = FIRST_SECONDS * PUBLISHING_SHARE;
  const history = (): RunHistory => ({ iterations, localErrors });
  const seconds = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
    const begin = clock.now();
    const value = await work();
    return [value, (clock.now() - begin) / 1000];
  };
  function close(): void {
    session?.close();
    session = null;
    base[Symbol.dispose]();
  }

  return {
    model,
    device,
    get iteration() {
      return iteration;
    },
    get history() {
      return history();
    },
    get lineage() {
      return lineage;
    },
    async iterate(count, signal) {
      const turn = createTurn(clock);
      const before = async () => {
        await turn();
        signal.throwIfAborted();
      };
      const [metrics, duration] = await seconds(() => open().iterate(count, { before }));
      ({ iteration } = open());
      // The code of all passes was generated by now.
      if (isNew) await tidy?.();
      isNew = false;
      const entry = {
        engine: engine.name,
        iteration,
        iterations: (iterations.at(-1)?.iterations ?? 0) + count,
        duration,
        error: metrics.errors.at(-1)!,
      };
      iterations.push(entry);
      localErrors = metrics.localErrors;
      lineage.blocks.push(count);
      worked += duration;
      return entry;
    },
    save: async (isWanted) => ({ state: await open().save(isWanted), history: history() }),
    async publish(stateKey) {
      const putInto: ComingState["putInto"] = (sink) => open().saveInto(sink);
      const [, taken] = await seconds(() => publishComing(artifacts, stateKey, { putInto, history: history() }));
      publishSeconds = taken;
      worked = 0;
      await collectBefore(artifacts, lineage);
      lineage = publishedAfter(lineage, { key: stateKey, engine: label, isEnd: false });
    },
    async publishEnd(stateKey, options) {
      const putInto: ComingState["putInto"] = (sink) => open().finishInto(sink, options);
      await publishComing(artifacts, stateKey, { putInto, history: history() });
    },
    get isPublishingPaid() {
      return worked * PUBLISHING_SHARE >= publishSeconds;
    },
    close,
    [Symbol.dispose]() {
      close();
      model[Symbol.dispose]();
    },
  };
}
