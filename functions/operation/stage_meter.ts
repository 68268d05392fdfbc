/** What stages cost, and what they found ready: measured from outside, so that no stage knows of it. */

import process from "node:process";
import { z } from "zod";
import type { ArtifactStore } from "../artifacts.ts";
import type { StageContext } from "../stage.ts";
import type { WarmRuns } from "../warm_runs.ts";
import type { Meter } from "./meter.ts";

/** What something cost. */
export const USAGE = z.strictObject({
  cpuSeconds: z.number().meta({ description: "Processor time, all threads", unit: "s" }),
  gpuSeconds: z.number().meta({ description: "Time of blocks of iterations on a GPU", unit: "s" }),
});

/** What something cost. */
export type Usage = z.output<typeof USAGE>;

/** The header of an answer that says what it cost, as JSON. */
export const USAGE_HEADER = "exitwave-usage";

/** What an answer says that it cost; undefined if it says nothing. */
export function usageOf(headers: Headers): Usage | undefined {
  const text = headers.get(USAGE_HEADER);
  if (text === null) return undefined;
  try {
    return USAGE.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // What a run cost is worth no failure.
  }
}

/** Nothing. */
export const NO_USAGE: Usage = { cpuSeconds: 0, gpuSeconds: 0 };

/** The sum of two. */
export function addUsage(a: Usage, b: Usage | undefined): Usage {
  return { cpuSeconds: a.cpuSeconds + (b?.cpuSeconds ?? 0), gpuSeconds: a.gpuSeconds + (b?.gpuSeconds ?? 0) };
}

/** Measures stages. */
export interface StageMeter {
  /** Does the work of a stage and says what it cost. */
  measure<T>(
    stage: string,
    context: StageContext,
    work: (context: StageContext) => Promise<T>,
  ): Promise<{ output: T; usage: Usage }>;
}

/** The part of a meter that counts. */
type Counts = Pick<Meter, "add" | "observe">;

/** Measures stages of a process. `now` is in milliseconds. */
export function createStageMeter(meter: Counts, { now, cpu = cpuSeconds }: {
  readonly now: () => number;
  /** Processor seconds of the process so far. */
  readonly cpu?: () => number;
}): StageMeter {
  const share = createCpuShares(cpu);
  return {
    async measure(stage, context, work) {
      const began = now();
      const stop = share();
      let outcome = "failed";
      let gpuSeconds = 0;
      try {
        const output = await work(metered(context, meter));
        outcome = "done";
        gpuSeconds = Math.min(gpuSecondsOf(output, context), (now() - began) / 1000);
        const usage = { cpuSeconds: stop(), gpuSeconds };
        return { output, usage };
      } finally {
        meter.add("exitwave_stages_total", 1, { stage, outcome });
        meter.observe("exitwave_stage_seconds", (now() - began) / 1000, { stage });
        meter.add("exitwave_cpu_seconds_total", stop(), { stage });
        meter.add("exitwave_gpu_seconds_total", gpuSeconds, { stage });
      }
    },
  };
}

/** What the GPU worked for a block of iterations; 0 for other stages and devices. */
function gpuSecondsOf(output: unknown, { devices }: StageContext): number {
  if (devices.best.name !== "webgpu") return 0;
  const seconds = (output as { seconds?: unknown } | null)?.seconds;
  return typeof seconds === "number" ? seconds : 0;
}

/**
 * Shares of the processor time of the process. While several are at work each has an equal part: which thread worked for whom is not known,
 * but the sum is right.
 */
export function createCpuShares(cpu: () => number): () => () => number {
  const atWork = new Set<{ seconds: number }>();
  let last = 0;

  function divide(): void {
    const current = cpu();
    for (const share of atWork) share.seconds += (current - last) / atWork.size;
    last = current;
  }

  return () => {
    divide();
    const share = { seconds: 0 };
    atWork.add(share);
    return () => {
      divide();
      atWork.delete(share);
      return share.seconds;
    };
  };
}

function metered(context: StageContext, meter: Counts): StageContext {
  return { ...context, artifacts: meteredStore(context.artifacts, meter), warm: meteredWarm(context.warm, meter) };
}

function meteredStore(store: ArtifactStore, meter: Counts): ArtifactStore {
  return {
    fetch: (key, signal) => store.fetch(key, signal),
    has: (key) => store.has(key),
    list: (prefix) => store.list(prefix),
    remove: (key) => store.remove(key),
    async publish(key, write) {
      let bytes = 0;
      const isNew = await store.publish(key, async (path) => {
        await write(path);
        bytes = Deno.statSync(path).size;
      });
      const kind = kindOf(key);
      if (isNew) meter.add("exitwave_artifacts_total", 1, { kind });
      if (isNew) meter.add("exitwave_artifact_bytes_total", bytes, { kind });
      return isNew;
    },
  };
}

/** `state` of `runs/a/state-0123`. */
function kindOf(key: string): string {
  return /^runs\/[^/]+\/([a-z]{1,20})-/.exec(key)?.[1] ?? "other";
}

function meteredWarm(warm: WarmRuns, meter: Counts): WarmRuns {
  return {
    ...warm,
    remember: (key, make) => warm.remember(key, make),
    take(key) {
      const found = warm.take<Disposable>(key);
      meter.add("exitwave_warm_total", 1, { of: key.split(" ")[0]!, result: found === null ? "miss" : "hit" });
      return found as never;
    },
  };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
