/** The configuration of a server: one YAML or JSON file, every setting with a default that is safe on a laptop. */

import { dirname, resolve } from "node:path";
import { z } from "zod";
import { ParameterError } from "../core/errors.ts";
import { applyOverrides, loadParameterFile } from "../core/parameter_file.ts";
import { LEVELS } from "./operation/log.ts";
import { RESTATE, S3, WORKERS } from "./cluster_settings.ts";
import { isLoopback } from "./guard/own_host.ts";
import { RUN_LIMITS } from "./run_limits.ts";
import { ACCESS, type Access, REQUEST_LIMITS } from "./guard/settings.ts";

const LISTEN = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").meta({
    description: "Address to listen on; the default can be reached from this machine alone",
  }),
  port: z.int().min(0).max(65535).default(8642).meta({ description: "Port to listen on; 0 for any that is free" }),
});

const DEVICE = z.strictObject({
  name: z.enum(["auto", "webgpu", "wasm", "reference"]).default("auto").meta({
    description: "Where to compute, as `exitwave run --device` has it",
  }),
  threads: z.int().min(1).max(256).nullable().default(null).meta({
    description: "Threads of the wasm device; null for as many as the machine has",
  }),
  memory: z.number().positive().nullable().default(null).meta({
    description: "Most memory for frames, waves and arrays; null for what the device has",
    unit: "bytes",
  }),
});

const LOG = z.strictObject({
  level: z.enum(LEVELS).default("info").meta({ description: "Lines that matter less are left out" }),
  form: z.enum(["auto", "json", "text"]).default("auto").meta({
    description: "A line of JSON each, or words; auto is words on a terminal and JSON elsewhere",
  }),
});

const LIMITS = z.strictObject({
  upload: z.int().min(1).default(64e9).meta({ description: "Largest file that may be uploaded", unit: "bytes" }),
  batch: z.int().min(1).max(100_000).default(1000).meta({ description: "Most runs of a batch" }),
  read: z.int().min(1 << 20).default(1 << 30).meta({
    description: "Largest array, or all values of a tree, that are read from a file at once, whatever it declares",
    unit: "bytes",
  }),
  ...RUN_LIMITS,
  queued: z.int().min(1).nullable().default(10_000).meta({
    description: "Most runs of one caller, by the name of its token, that wait or are at work; null for any number",
  }),
  ...REQUEST_LIMITS,
});

const DAYS = z.number().positive().max(36_500).nullable().default(null);

const KEEP = z.strictObject({
  days: DAYS.meta({
    description:
      "After so long a run that has ended is forgotten with its artifacts, and a batch with its runs, as DELETE does it: files " +
      "below the data root stay; null for never",
    unit: "days",
  }),
  working_days: DAYS.meta({
    description:
      "After so long the prepared frames and states of a run that is done are removed; its results, pictures and log " +
      "stay; null for never",
    unit: "days",
  }),
});

const CONFIG = z.strictObject({
  listen: LISTEN.prefault({}),
  data_root: z.string().min(1).default("./").meta({
    description: "Folder that parameter trees may read from and write to, and nothing outside it",
  }),
  state: z.string().min(1).default(".exitwave").meta({
    description: "Folder of the journal of runs, closed to parameter trees; on a local disk",
  }),
  artifacts: z.string().min(1).nullable().default(null).meta({
    description: "Folder of what stages keep and runs leave; null for one in the state folder",
  }),
  s3: S3.nullable().default(null).meta({
    description: "Object store of what stages keep and runs leave, instead of a folder; null for none. Its keys are " +
      "EXITWAVE_S3_ACCESS_KEY and EXITWAVE_S3_SECRET_KEY",
  }),
  workers: WORKERS.meta({
    description:
      "Addresses of processes that do the stages; none for this one. What they ask for as a token is EXITWAVE_WORKER_TOKEN",
  }),
  fallback_workers: WORKERS.meta({
    description: "Addresses of workers that are asked only while none of the others is there",
  }),
  restate: RESTATE.nullable().default(null).meta({
    description: "The Restate server that keeps the runs; null for a journal in the state folder",
  }),
  step_time: z.number().positive().max(86_400).nullable().default(null).meta({
    description:
      "After so long an attempt of a step has failed: longer than the longest block of iterations takes; null for 3600, " +
      "or without end where this process does everything itself",
    unit: "s",
  }),
  concurrency: z.int().min(1).max(64).default(1).meta({
    description:
      "Runs at a time, and how many engines this process keeps ready for them; the others wait in their order. How many " +
      "runs a Restate server has on their way at a time is its own setting",
  }),
  device: DEVICE.prefault({}),
  limits: LIMITS.prefault({}),
  log: LOG.prefault({}),
  keep: KEEP.prefault({}),
  access: ACCESS.prefault({}),
}).superRefine(checkTogether);

/** What settings must not be given beside each other, or without each other. */
function checkTogether(
  { listen, artifacts, s3, workers, fallback_workers, restate }: {
    readonly listen: { readonly host: string };
    readonly artifacts: string | null;
    readonly s3: unknown;
    readonly workers: readonly string[];
    readonly fallback_workers: readonly string[];
    readonly restate: { readonly identity_keys: readonly string[] } | null;
  },
  context: z.RefinementCtx,
): void {
  const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  if (artifacts !== null && s3 !== null) refuse(["s3"], "found an object store beside artifacts, expected one of them");
  if (fallback_workers.length > 0 && workers.length === 0) {
    refuse(["fallback_workers"], "found no workers beside them, expected at least one");
  }
  if (restate !== null && restate.identity_keys.length === 0 && !isLoopback(listen.host)) {
    const expected =
      "expected the public keys of the Restate server, without which everybody who reaches it may start runs";
    refuse(["restate", "identity_keys"], `found none while listening on ${listen.host}, ${expected}`);
  }
}

type Settings = z.output<typeof CONFIG>;

/** A configuration with all its defaults; folders are absolute. */
export type ServerConfig = Omit<Settings, "artifacts" | "access" | "s3"> & {
  readonly artifacts: string;
  readonly access: Omit<Access, "tokens"> & { readonly tokens: string };
  readonly s3: null | NonNullable<Settings["s3"]> & { readonly cache: string };
};

/**
 * Reads a configuration; without a file it is all defaults. Folders are relative to the file, without one to the current folder.
 *
 * @param overrides such as `listen.port=0`
 * @throws {DataError} if the file cannot be read @throws {ParameterError} with all mistakes at once
 */
export function loadServerConfig(file: string | null, overrides: readonly string[]): ServerConfig {
  const tree = applyOverrides(file === null ? {} : loadParameterFile(file), overrides);
  return parseServerConfig(tree, file === null ? Deno.cwd() : dirname(resolve(file)));
}

/** Parses a configuration whose folders are relative to `folder`. @throws {ParameterError} with all mistakes at once */
export function parseServerConfig(tree: unknown, folder: string): ServerConfig {
  const result = CONFIG.safeParse(tree);
  if (!result.success) {
    throw new ParameterError(
      result.error.issues.map(({ path, message }) => ({ path: path.join(".") || "configuration", message })),
      result.error,
    );
  }
  const { data_root, state, artifacts, s3, access, ...rest } = result.data;
  const { tokens, jwt } = access;
  const at = resolve(folder, state);
  return {
    ...rest,
    data_root: resolve(folder, data_root),
    state: at,
    artifacts: artifacts === null ? resolve(at, "artifacts") : resolve(folder, artifacts),
    access: {
      ...access,
      tokens: tokens === null ? resolve(at, "tokens.json") : resolve(folder, tokens),
      jwt: jwt === null || jwt.algorithm === "HS256" ? jwt : { ...jwt, jwks: resolve(folder, jwt.jwks) },
    },
    s3: s3 && { ...s3, cache: s3.cache === null ? resolve(at, "cache") : resolve(folder, s3.cache) },
  };
}

/** The JSON Schema of the file, for documentation and editors. */
export function serverConfigSchema(): Record<string, unknown> {
  return z.toJSONSchema(CONFIG, { io: "input" }) as Record<string, unknown>;
}
