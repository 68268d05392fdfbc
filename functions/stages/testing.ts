/** What tests of stages share: a run in a folder, with the application and everything that a stage may use. */

import { join } from "node:path";
import { createScratchFiles } from "../../core/formats/scratch_file.ts";
import type { WrittenTree } from "../../core/parameter_file.ts";
import type { Device } from "../../kernels/device.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { createApp } from "../app.ts";
import type { ArtifactStore } from "../artifacts.ts";
import { below } from "../data_root.ts";
import { createDevicePool } from "../device_pool.ts";
import { type Invoke, invokeBy } from "../invoke.ts";
import { createLocalArtifacts } from "../local_artifacts.ts";
import { publishParameters } from "../parameters.ts";
import { NO_LIMITS, type RunLimits } from "../run_limits.ts";
import { createWarmRuns, type WarmRuns } from "../warm_runs.ts";

/** A process that answers calls of stages. */
export interface TestProcess extends Disposable {
  readonly invoke: Invoke;
  /** Answers requests, for a server. */
  fetch(request: Request): Response | Promise<Response>;
  readonly warm: WarmRuns;
  /** What stages said, warnings with a "!" before them. */
  readonly said: string[];
}

/** A folder with a data root and a store. */
export interface TestPlace {
  readonly store: ArtifactStore;
  readonly root: string;
  /** A process with caches and devices of its own. */
  start(options?: { readonly devices?: readonly Device[]; readonly limits?: RunLimits }): TestProcess;
  /** Publishes parameters. Returns their key. */
  submit(tree: WrittenTree): Promise<string>;
}

/** Runs a test in a folder that is removed afterwards. */
export function inPlace(test: (place: TestPlace) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = Deno.realPathSync(Deno.makeTempDirSync());
    const root = join(folder, "data");
    Deno.mkdirSync(root);
    const store = createLocalArtifacts(join(folder, "artifacts"));
    const submit = (tree: WrittenTree) => publishParameters(store, { run: "test", name: "test", tree });
    try {
      await test({ store, root, submit, start: (options = {}) => startProcess({ store, root, ...options }) });
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

function startProcess({ store, root, devices = [createWasmDevice({ threads: 1 })], limits = NO_LIMITS }: {
  readonly store: ArtifactStore;
  readonly root: string;
  readonly devices?: readonly Device[];
  readonly limits?: RunLimits;
}): TestProcess {
  const warm = createWarmRuns();
  const scratch = createScratchFiles();
  const said: string[] = [];
  const pool = createDevicePool(devices);
  const app = createApp({
    contextOf: (signal) => ({
      artifacts: store,
      warm,
      devices: pool,
      files: below(root),
      scratch: scratch.open,
      limits,
      clock: { now: () => performance.now(), date: () => new Date() },
      log: (message) => void said.push(message),
      warn: (message) => void said.push(`! ${message}`),
      signal,
    }),
    failed: (error) => void said.push(`! ${error instanceof Error ? error.stack : error}`),
  });
  return {
    invoke: invokeBy((request) => app.fetch(request)),
    fetch: (request) => app.fetch(request),
    warm,
    said,
    [Symbol.dispose]() {
      warm[Symbol.dispose]();
      scratch[Symbol.dispose]();
    },
  };
}

/** A small scan with two engines that share its state. */
export function smallTree(change: WrittenTree = {}): WrittenTree {
  return {
    seed: 3,
    io: { home: "./", autosave: false, autoplot: false, interaction: false },
    scans: {
      MF: {
        name: "Full",
        data: {
          name: "MoonFlowerScan",
          num_frames: 12,
          shape: 32,
          density: 0.2,
          photons: 1e6,
          add_poisson_noise: true,
        },
        illumination: { diversity: null, aperture: { form: "circ", size: 3e-6 } },
      },
    },
    engines: {
      a: { name: "DM", numiter: 6, probe_support: null },
      b: { name: "ePIE", numiter: 4 },
    },
    ...change,
  };
}
