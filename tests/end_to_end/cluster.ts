/** A cluster on this machine: a server, workers on ports of their own, and a store that they share. */

import { join } from "node:path";
import { createToken } from "../../functions/guard/tokens.ts";
import { idOfKey } from "../../functions/run_ids.ts";
import { rank } from "../../workflows/spread_invoke.ts";
import { call, type ServedProcess, startServed } from "./served_process.ts";
import { freePorts } from "./restate_server.ts";

/** A cluster, until it is disposed of. */
export interface Cluster extends AsyncDisposable {
  readonly folder: string;
  /** The one that was started last. */
  readonly server: ServedProcess;
  readonly workers: readonly ServedProcess[];
  /** Starts the server or a worker again at its address, after it was killed. */
  restart(which: number | "server"): Promise<void>;
  /** Submits a run that goes to a worker, as long as that is there. @returns its id */
  submit(home: number, engines: Readonly<Record<string, unknown>>): Promise<string>;
  // deno-lint-ignore no-explicit-any -- the shape is what is tested
  view(id: string): Promise<any>;
  /** Where the files of a run are. */
  place(id: string): string;
}

/** What differs between clusters. */
export interface ClusterOptions {
  /** Settings of the server alone. */
  readonly server?: Readonly<Record<string, unknown>>;
  /** Settings of all. */
  readonly shared?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a server and two workers, which ask for a token, with all their files below `folder`. */
export async function startCluster(
  folder: string,
  { server: serverSettings = {}, shared = {}, env = {} }: ClusterOptions,
): Promise<Cluster> {
  Deno.mkdirSync(join(folder, "data"));
  const tokens = join(folder, "tokens.json");
  const token = createToken(tokens, { name: "server", role: "submit", expires: null, now: new Date() });
  const common = {
    data_root: "data",
    ...("s3" in shared ? {} : { artifacts: "artifacts" }),
    device: { name: "wasm", threads: 1 },
    concurrency: 4,
    ...shared,
  };
  const ports = freePorts(3);
  const startWorker = (worker: number) => {
    const listen = { port: ports[worker]! };
    const config = { ...common, listen, state: `worker${worker}`, access: { tokens } };
    return startServed("worker", { folder, name: `worker${worker}`, config, env });
  };
  await using opening = new AsyncDisposableStack();
  const workers = await Promise.all([0, 1].map(async (worker) => opening.use(await startWorker(worker))));
  const addresses = workers.map(({ address }) => address);
  const config = { ...common, ...serverSettings, listen: { port: ports[2]! }, state: "server", workers: addresses };
  const startServer = () =>
    startServed("serve", { folder, name: "server", config, env: { ...env, EXITWAVE_WORKER_TOKEN: token } });
  let server = opening.use(await startServer());
  const running = opening.move();
  let keys = 0;
  /** A key that nobody used, whose run goes to a worker. */
  const keyOf = (home: number): string => {
    for (;;) {
      const key = `run ${++keys}`;
      if (rank(addresses, idOfKey("reconstruct", key))[0] === addresses[home]) return key;
    }
  };
  return {
    folder,
    get server() {
      return server;
    },
    workers,
    async restart(which) {
      if (which === "server") server = running.use(await startServer());
      else workers[which] = running.use(await startWorker(which));
    },
    submit: async (home, engines) => {
      const key = keyOf(home);
      const body = { parameters: { ...TREE, engines }, preview: null };
      return (await call(server, "/v1/runs", { method: "POST", key, body })).id;
    },
    view: (id) => call(server, `/v1/runs/${id}`),
    place: (id) => join(folder, "data/runs", id),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** A scan of 12 frames of 32 x 32. */
const TREE = {
  seed: 5,
  data_type: "single",
  io: { home: "./", autosave: { active: true, interval: 20 }, autoplot: false, interaction: false },
  scans: {
    MF: {
      name: "Full",
      data: { name: "MoonFlowerScan", num_frames: 12, shape: 32, density: 0.2, photons: 1e6, add_poisson_noise: true },
      illumination: { diversity: null, aperture: { form: "circ", size: 3e-6 } },
    },
  },
};
