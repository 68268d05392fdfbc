/** Ceph's RADOS Gateway as the real S3 server of tests: rgw.sh as a value. */

import { join } from "node:path";
import type { S3Settings } from "../../functions/s3_client.ts";
import { startLines } from "./process_lines.ts";

const PROGRAMS = ["radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd", "monmaptool"];

/** A running server. Disposing of it kills it and removes its disk. */
export interface RgwServer extends AsyncDisposable {
  readonly port: number;
  /** Settings of a client, but for bucket and prefix. */
  readonly settings: Pick<S3Settings, "endpoint" | "region" | "accessKey" | "secretKey">;
  /** `kill` (SIGKILL), `start`, `freeze` or `thaw` the gateway; waits until it is done. */
  tell(command: "kill" | "start" | "freeze" | "thaw"): Promise<void>;
}

/**
 * Why there can be no server here, null if there can.
 *
 * @throws {Error} in CI, where there must be one
 */
export function whyNoRgw(): string | null {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const missing = PROGRAMS.filter((program) => !folders.some((folder) => isFile(join(folder, program))));
  if (missing.length === 0) return null;
  const reason = `found no ${missing.join(", ")}, of the Debian packages radosgw ceph-mon ceph-osd ceph-common`;
  if (Deno.env.get("CI") === "true") throw new Error(`Cannot test object storage in CI: ${reason}`);
  return reason;
}

/** Starts a server, which takes 10 s. @throws {Error} with what it said if it does not start */
export async function startRgw(): Promise<RgwServer> {
  // Somebody else may take a port between the look for a free one and its use.
  for (let attempt = 1;; attempt++) {
    try {
      return await tryToStart();
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function tryToStart(): Promise<RgwServer> {
  const folder = Deno.makeTempDirSync({ prefix: "exitwave_rgw_" });
  const [port, monitor] = freePorts();
  const script = join(import.meta.dirname!, "rgw.sh");
  const process = startLines("bash", [script, folder, String(port), String(monitor)]);
  const expect = async (line: string): Promise<void> => {
    const found = await process.line();
    if (found !== line) throw new Error(`Cannot use rgw.sh: found "${found}", expected "${line}"`);
  };
  const end = async (): Promise<void> => {
    await process.end();
    Deno.removeSync(folder, { recursive: true });
  };
  try {
    await expect("ready");
  } catch (error) {
    await end();
    throw error;
  }
  return {
    port,
    settings: {
      endpoint: `http://127.0.0.1:${port}`,
      region: "us-east-1",
      accessKey: "EXITWAVEKEY",
      secretKey: "exitwave-secret",
    },
    async tell(command) {
      await process.say(command);
      await expect("done");
    },
    [Symbol.asyncDispose]: end,
  };
}

/** Two ports that nobody has at the moment. */
function freePorts(): [number, number] {
  const listeners = [0, 1].map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return [ports[0]!, ports[1]!];
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
