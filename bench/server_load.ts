/**
 * What a server under load does: 50 runs at once with status requests meanwhile, and its memory over many runs.
 * `deno run -A bench/server_load.ts [RUNS]`
 */

import { join } from "node:path";
import { readPtyr } from "../core/formats/ptyr.ts";
import { hashOf } from "../functions/stage.ts";
import { smallTree } from "../functions/stages/testing.ts";
import { call, type ServedProcess, startServed } from "../tests/end_to_end/served_process.ts";
import { print } from "./timing.ts";

const AT_ONCE = 50;
const CLIENTS = 8;
/** Requests for the state of a run a second that are wanted while runs are at work. */
const WANTED = 500;
const RUNS = Number(Deno.args[0] ?? 1000);
const LOOK_EVERY = 100;

/** A run of some hundred milliseconds. */
const TREE = smallTree({
  engines: { a: { name: "DM", numiter: 40, numiter_contiguous: 5 }, b: { name: "ePIE", numiter: 20 } },
});
/** A run of some milliseconds. */
const TINY = smallTree({ engines: { a: { name: "ePIE", numiter: 1 } } });

const folder = Deno.makeTempDirSync();
const config = {
  listen: { port: 0 },
  data_root: folder,
  state: join(folder, "state"),
  device: { name: "wasm", threads: 1 },
};
await using server = await startServed("serve", { config, folder, name: "server" });

await loadWithRequests(server);
await memoryOver(server, RUNS);
await server.kill();
Deno.removeSync(folder, { recursive: true });

async function loadWithRequests(server: ServedProcess): Promise<void> {
  const alone = await endOf(server, await submit(server, TREE));
  const expected = resultOf(alone);
  const begin = performance.now();
  const ids = await Promise.all(Array.from({ length: AT_ONCE }, () => submit(server, TREE)));
  const done = new AbortController();
  const latencies: number[] = [];
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    for (let i = client; !done.signal.aborted; i++) {
      const start = performance.now();
      await call(server, `/v1/runs/${ids[i % ids.length]}`);
      latencies.push(performance.now() - start);
    }
  });
  for (const id of ids) await endOf(server, id);
  const seconds = (performance.now() - begin) / 1000;
  done.abort();
  await Promise.all(clients);
  const wrong = ids.filter((id) => resultOf(id) !== expected);
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))]!.toFixed(1);
  print(`${AT_ONCE} runs at once: ${seconds.toFixed(1)} s, ${wrong.length} with other bytes than alone`);
  const rate = latencies.length / seconds;
  print(`meanwhile ${rate.toFixed(0)} status requests/s by ${CLIENTS} clients (wanted ${WANTED})`);
  print(`latency in ms: median ${at(0.5)}, 95 % ${at(0.95)}, 99 % ${at(0.99)}, longest ${at(1)}`);
}

async function memoryOver(server: ServedProcess, runs: number): Promise<void> {
  print(
    `memory before: ${residentMegabytes(server).toFixed(0)} MB; the least and the most of every ${LOOK_EVERY} runs:`,
  );
  const begin = performance.now();
  let seen: number[] = [];
  for (let done = 0; done < runs;) {
    const ids = await Promise.all(Array.from({ length: 20 }, () => submit(server, TINY)));
    for (const id of ids) {
      await endOf(server, id);
      seen.push(residentMegabytes(server));
    }
    done += ids.length;
    if (done % LOOK_EVERY === 0) {
      const milliseconds = (performance.now() - begin) / done;
      // Garbage that is not collected yet scatters by tens of megabytes: what is kept shows in the least.
      const [least, most] = [Math.min(...seen), Math.max(...seen)].map((value) => value.toFixed(0));
      seen = [];
      print(
        `  ${done}: ${least} to ${most} MB, ${milliseconds.toFixed(0)} ms a run, ${
          diskOf(join(folder, "state"))
        } in its state folder`,
      );
    }
  }
}

async function submit(server: ServedProcess, parameters: unknown): Promise<string> {
  return (await call(server, "/v1/runs", { method: "POST", body: { parameters, preview: null } })).id;
}

/** The id of a run once it is done. */
async function endOf(server: ServedProcess, id: string): Promise<string> {
  for (;;) {
    const { status, error } = await call(server, `/v1/runs/${id}`);
    if (status === "done") return id;
    if (error !== null) throw new Error(error.message);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What is the same for runs that did the same. */
function resultOf(id: string): string {
  const [file] = [...Deno.readDirSync(join(folder, "runs", id))].map(({ name }) => name).filter((name) =>
    name.startsWith("ePIE")
  );
  const { obj, probe } = readPtyr(join(folder, "runs", id, file!));
  return hashOf(
    JSON.parse(
      JSON.stringify([obj, probe], (_, value) => ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value),
    ),
  );
}

function residentMegabytes({ pid }: ServedProcess): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))!;
  return Number(kilobytes) / 1e3;
}

function diskOf(folder: string): string {
  let [files, bytes] = [0, 0];
  const walk = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      if (isDirectory) walk(join(path, name));
      else [files, bytes] = [files + 1, bytes + Deno.statSync(join(path, name)).size];
    }
  };
  walk(folder);
  return `${files} files of ${(bytes / 1e6).toFixed(1)} MB`;
}
