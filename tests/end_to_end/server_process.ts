/** A process of `exitwave serve` on loopback, as a test that kills it sees it. */

import assert from "node:assert/strict";
import { join } from "node:path";

/** Any JSON that a test looks into. */
// deno-lint-ignore no-explicit-any -- the shape is what is tested
type AnyJson = any;

/** A server, until it ends or is killed. */
export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  /** An answer's JSON, null for none. @throws AssertionError if the status is no success */
  call(method: string, path: string, body?: unknown): Promise<AnyJson>;
  /** Asks until the answer is so. */
  until(path: string, isSo: (json: AnyJson) => boolean): Promise<AnyJson>;
  /** Ends it at once; harmless if it has ended. */
  kill(): Promise<void>;
}

/** Starts a server whose data root is a folder, with no more rights than it needs, and waits until it listens. */
export async function startServer(folder: string, settings: readonly string[] = []): Promise<ServerProcess> {
  const root = join(import.meta.dirname!, "../..");
  const rights = ["--allow-read", "--allow-write", "--allow-env", "--allow-net=127.0.0.1"];
  const all = ["listen.port=0", "device.name=wasm", "device.threads=1", ...settings].flatMap((set) => ["--set", set]);
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--config", join(root, "deno.json"), ...rights, join(root, "main.ts"), "serve", ...all],
    cwd: folder,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const said = new Response(process.stderr).text();
  const url = await firstLine(process.stdout) ?? assert.fail(`the server did not listen:\n${await said}`);

  const call: ServerProcess["call"] = async (method, path, body) => {
    const init = body === undefined ? {} : {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const response = await fetch(`${url}${path}`, { method, ...init });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };

  async function kill(): Promise<void> {
    try {
      process.kill("SIGKILL");
    } catch (error) {
      // It has ended.
      if (!(error instanceof TypeError)) throw error;
    }
    await process.status;
    await said;
  }

  return {
    url,
    call,
    async until(path, isSo) {
      for (;;) {
        const json = await call("GET", path);
        if (isSo(json)) return json;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

/** Null if there is none; what follows is thrown away. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | null> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    text += value ?? "";
    if (!done && !text.includes("\n")) continue;
    reader.cancel();
    return text.includes("\n") ? text.split("\n")[0]! : null;
  }
}
