/** Processes of `exitwave serve` and `exitwave worker`, as tests see them: with the rights that docs/operations.md gives them. */

import assert from "node:assert/strict";
import { join } from "node:path";

const ROOT = join(import.meta.dirname!, "../..");

/** Where Deno keeps packages: some read files of their own, such as fonts. */
export const PACKAGES = join(Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "/root", ".cache/deno"), "npm");

/** A process that serves, until it is disposed of. */
export interface ServedProcess extends AsyncDisposable {
  readonly pid: number;
  /** Such as `http://127.0.0.1:1234`. */
  readonly address: string;
  /** What it wrote to standard error so far. */
  log(): string;
  signal(signal: "SIGCONT" | "SIGSTOP" | "SIGTERM"): void;
  /** Ends it at once; harmless if it has ended. */
  kill(): Promise<void>;
  /** Its exit code, once it has ended by itself. */
  readonly ended: Promise<number>;
}

/** How a process is started. */
export interface ServedOptions {
  /** Written to `<name>.yaml` as JSON, which is YAML. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What it may write to, and read beside the program. */
  readonly folder: string;
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it may listen on and reach; everything on this machine if left out. */
  readonly net?: string;
}

/** Starts `exitwave COMMAND` and waits until it listens. The folder is the current one of the process. */
export async function startServed(
  command: "serve" | "worker",
  { config, folder, name, env = {}, net = "127.0.0.1" }: ServedOptions,
): Promise<ServedProcess> {
  const file = join(folder, `${name}.yaml`);
  Deno.writeTextFileSync(file, JSON.stringify(config));
  const rights = [
    "--no-prompt",
    "--ignore-env",
    "--allow-env=EXITWAVE_*,DENO_WEBGPU_BACKEND,XDG_RUNTIME_DIR",
    `--allow-read=${[ROOT, PACKAGES, folder]}`,
    `--allow-write=${folder}`,
    `--allow-net=${net}`,
  ];
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--config", join(ROOT, "deno.json"), ...rights, join(ROOT, "main.ts")]
      .concat(command, "--config", file),
    cwd: folder,
    env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { address, log, ended } = waitForAddress(process);
  const kill = async () => {
    try {
      process.kill("SIGKILL");
    } catch (error) {
      // It has ended.
      if (!(error instanceof TypeError)) throw error;
    }
    await ended;
  };
  try {
    return {
      pid: process.pid,
      address: await address,
      log,
      signal: (signal) => process.kill(signal),
      kill,
      ended,
      [Symbol.asyncDispose]: kill,
    };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** Listens to a process: to the address that it says, what it writes to standard error, and its end. */
export function waitForAddress(process: Deno.ChildProcess): {
  /** Rejects if the process ends before it says one. */
  readonly address: Promise<string>;
  readonly log: () => string;
  /** Its exit code. */
  readonly ended: Promise<number>;
} {
  let [said, log] = ["", ""];
  const address = Promise.withResolvers<string>();
  const listen = async () => {
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      const [line] = /^http:\S+$/m.exec(said) ?? [];
      if (line !== undefined) address.resolve(line);
    }
  };
  const hear = async () => {
    for await (const text of process.stderr.pipeThrough(new TextDecoderStream())) log += text;
  };
  const ended = Promise.all([process.status, listen(), hear()]).then(([{ code }]) => code);
  // Before it listens, or after.
  ended.then((code) => address.reject(new Error(`the process ended with ${code}: ${log}`)));
  address.promise.catch(() => {});
  return { address: address.promise, log: () => log, ended };
}

/** Calls a server. @returns what it answered, as JSON */
export async function call(
  server: Pick<ServedProcess, "address">,
  path: string,
  { method = "GET", body, key, token }: {
    readonly method?: string;
    readonly body?: unknown;
    /** Idempotency key. */
    readonly key?: string;
    readonly token?: string;
  } = {},
): Promise<AnyJson> {
  const response = await fetch(`${server.address}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** Any JSON that a test looks into. */
export type AnyJson = ReturnType<typeof JSON.parse>;

/** Asks a server until its answer is so. */
export async function until(
  server: Pick<ServedProcess, "address">,
  path: string,
  { isSo }: { readonly isSo: (json: AnyJson) => boolean },
): Promise<AnyJson> {
  for (;;) {
    const json = await call(server, path);
    if (isSo(json)) return json;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Starts a server whose data root is the folder, on one thread, at a port that is free or was told. */
export function startServer(folder: string, port = 0): Promise<ServedProcess> {
  const config = { listen: { port }, device: { name: "wasm", threads: 1 } };
  return startServed("serve", { config, folder, name: "server" });
}
