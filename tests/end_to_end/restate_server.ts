/** A Restate server of a test's own, on this machine alone: started on free ports in a folder, killed, started again. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { RestateServer } from "../../workflows/restate_client.ts";

/** The version that the tests are run with. */
export const RESTATE_VERSION = "1.7.12";

const { os, arch } = Deno.build;

/** The npm package that holds the server for this machine and nothing else. */
export const RESTATE_PACKAGE = `@restatedev/restate-server-${os}-${arch === "aarch64" ? "arm64" : "x64"}`;

/** Where `install_restate_server.ts` puts it: outside the repository, since it is large. */
export const RESTATE_FOLDER = join(
  Deno.env.get("HOME") ?? "/tmp",
  `.cache/exitwave/restate-server-${RESTATE_VERSION}`,
);

const BINARY = join(RESTATE_FOLDER, "node_modules", RESTATE_PACKAGE, "bin/restate-server");

const INSTALL = "deno run -A tests/end_to_end/install_restate_server.ts";

/** A server that runs, until it is disposed of. */
export interface RestateProcess extends RestateServer, AsyncDisposable {
  /** What it wrote, such as its public key. */
  log(): string;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** Starts it again on the same ports, with what it had on disk. */
  start(): Promise<void>;
}

/** False, saying why, where the server is not installed; but CI must have it. */
export function hasRestateServer(): boolean {
  try {
    Deno.statSync(BINARY);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const message = `The Restate tests need ${BINARY}; install it by: ${INSTALL}`;
    assert.notEqual(Deno.env.get("CI"), "true", message);
    // deno-lint-ignore no-console -- whoever runs the tests should know what they did not test
    console.warn(`skipped: ${message}`);
    return false;
  }
}

/** Starts a server with its files below `folder`; `env` goes over its settings. */
export async function startRestateServer(folder: string, env: Record<string, string> = {}): Promise<RestateProcess> {
  const [ingress, admin, fabric] = freePorts(3);
  const temporary = join(folder, "tmp");
  Deno.mkdirSync(temporary, { recursive: true });
  const logFile = join(folder, "restate.log");
  let process: Deno.ChildProcess | null = null;
  const server: RestateProcess = {
    ingress: `http://127.0.0.1:${ingress}`,
    admin: `http://127.0.0.1:${admin}`,
    log: () => Deno.readTextFileSync(logFile),
    async kill() {
      process?.kill("SIGKILL");
      await process?.status;
      process = null;
    },
    async start() {
      // The log goes to a file through a shell, whose place the server takes.
      const command = new Deno.Command("/bin/sh", {
        args: ["-c", `exec "$0" --no-logo >>"$1" 2>&1`, BINARY, logFile],
        env: {
          TMPDIR: temporary,
          RESTATE_BASE_DIR: join(folder, "restate"),
          RESTATE_BIND_IP: "127.0.0.1",
          RESTATE_BIND_PORT: String(fabric),
          RESTATE_INGRESS__BIND_PORT: String(ingress),
          RESTATE_ADMIN__BIND_PORT: String(admin),
          RESTATE_LISTEN_MODE: "tcp",
          RESTATE_NODE_NAME: "test",
          RESTATE_DISABLE_TELEMETRY: "true",
          RESTATE_LOG_DISABLE_ANSI_CODES: "true",
          RESTATE_DEFAULT_NUM_PARTITIONS: "2",
          RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: "512 MiB",
          ...env,
        },
      });
      process = command.spawn();
      await answers(`${server.admin}/health`, server.log);
      await answers(`${server.ingress}/restate/health`, server.log);
    },
    async [Symbol.asyncDispose]() {
      await server.kill();
    },
  };
  await server.start();
  return server;
}

/** Ports that nobody listens on now. */
export function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** Waits until a server answers. */
export async function answers(url: string, log: () => string): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      if (response.ok) return;
    } catch (error) {
      // Nobody listens yet.
      if (!(error instanceof TypeError)) throw error;
    }
    if (performance.now() > end) assert.fail(`no answer at ${url}: ${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
