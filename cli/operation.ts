/** What a process that serves tells of itself: its log, its metrics, whether it can take work, and that it is about to end. */

import { join } from "node:path";
import process from "node:process";
import type { AppOptions } from "../functions/app.ts";
import type { ArtifactStore } from "../functions/artifacts.ts";
import type { GuardOptions } from "../functions/guard/guard.ts";
import { mountHealth, type Readiness } from "../functions/operation/health.ts";
import { createLog, type Log } from "../functions/operation/log.ts";
import type { Gauge, Meter } from "../functions/operation/meter.ts";
import { createServerMeter } from "../functions/operation/metrics.ts";
import { observeRequests } from "../functions/operation/requests.ts";
import type { ServerConfig } from "../functions/server_config.ts";
import type { CliIo } from "./command.ts";

/** Variables whose values must not be seen. */
const SECRETS = ["EXITWAVE_JWT_SECRET", "EXITWAVE_WORKER_TOKEN", "EXITWAVE_S3_ACCESS_KEY", "EXITWAVE_S3_SECRET_KEY"];

/** What a process tells of itself. */
export interface Operation {
  readonly log: Log;
  readonly say: (text: string) => void;
  readonly meter: Meter;
  /** Aborted once no new work is taken. */
  readonly ending: AbortSignal;
  /** From here on no new work is taken. */
  end(): void;
  /** For the guard. */
  readonly guard: Required<Pick<GuardOptions, "observe" | "isDraining">>;
  /** The routes that tell of it. `runs` counts those that are on their way, where this process knows. */
  health(options: {
    readonly artifacts: ArtifactStore;
    readonly runs?: () => Promise<Readonly<Record<string, number>>>;
  }): NonNullable<AppOptions["resources"]>[number];
}

/** Opens the log and the meters. */
export function openOperation(config: ServerConfig, io: CliIo): Operation {
  const form = config.log.form === "auto" ? io.isTerminal ? "text" : "json" : config.log.form;
  const now = () => performance.now();
  const log = createLog({
    level: config.log.level,
    form,
    secrets: SECRETS.flatMap((name) => Deno.env.get(name) ?? []),
    now: () => new Date(),
    line: (text) => io.err(`${text}\n`),
  });
  const meter = createServerMeter();
  const stop = new AbortController();
  const isEnding = () => stop.signal.aborted;
  return {
    log,
    say: (text) => text.startsWith("note: ") ? log.write("warn", text.slice(6)) : log.write("info", text),
    meter,
    ending: stop.signal,
    end: () => stop.abort(),
    guard: { observe: observeRequests({ log, meter, now }), isDraining: isEnding },
    health: ({ artifacts, runs = noRuns }) => {
      const checks: Readiness["checks"] = {
        draining: () => isEnding() ? "a process that is about to end" : null,
        state: () => writable(config.state),
        artifacts: () => throughout(artifacts.has("ready/nothing")),
        runs: () => throughout(runs()),
      };
      const gauges = async (): Promise<Gauge[]> => [
        ...Object.entries(await runs()).map(([status, value]) => ({
          name: "exitwave_runs",
          value,
          labels: { status },
        })),
        { name: "exitwave_draining", value: isEnding() ? 1 : 0 },
        { name: "process_cpu_seconds_total", value: cpuSeconds() },
        { name: "process_resident_memory_bytes", value: Deno.memoryUsage().rss },
      ];
      return (app) => mountHealth(app, { readiness: { checks, now }, meter, gauges });
    },
  };
}

function noRuns(): Promise<Readonly<Record<string, number>>> {
  return Promise.resolve({});
}

/** Nothing to complain of, if it can be had. */
async function throughout(work: Promise<unknown>): Promise<null> {
  await work;
  return null;
}

/** Writes a little into the folder of the journal: a full disk shows only so. */
function writable(folder: string): null {
  const path = join(folder, ".ready");
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeFileSync(path, new Uint8Array(4096));
  Deno.removeSync(path);
  return null;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
