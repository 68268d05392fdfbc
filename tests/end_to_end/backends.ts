/** The two back ends of orchestrators, opened for a test in a folder of its own and with workers in the test's process. */

import { openEmbeddedOrchestrator } from "../../workflows/embedded.ts";
import { createRestateHandler } from "../../workflows/restate.ts";
import { registerRestateWorker } from "../../workflows/restate_client.ts";
import { createRestateOrchestrator } from "../../workflows/restate_orchestrator.ts";
import type { Backend } from "./orchestrator_suite.ts";
import { hasRestateServer, startRestateServer } from "./restate_server.ts";

/** SQLite in this process. */
export const EMBEDDED: Backend = {
  name: "embedded",
  present: true,
  open(workflows, options) {
    const folder = Deno.makeTempDirSync({ prefix: "exitwave_" });
    const orchestrator = openEmbeddedOrchestrator(workflows, { folder, concurrency: 2, ...options });
    return Promise.resolve({
      orchestrator,
      async [Symbol.asyncDispose]() {
        await orchestrator.stop();
        Deno.removeSync(folder, { recursive: true });
      },
    });
  },
};

/** A Restate server, and one worker in this process. */
export const RESTATE: Backend = {
  name: "Restate",
  present: hasRestateServer(),
  async open(workflows, options) {
    const folder = Deno.makeTempDirSync({ prefix: "exitwave_" });
    const server = await startRestateServer(folder);
    const handler = createRestateHandler(workflows, { ...options, identityKeys: [] });
    const worker = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
    await registerRestateWorker(server, `http://127.0.0.1:${worker.addr.port}/restate`);
    const orchestrator = createRestateOrchestrator({ ...server, workflows: Object.keys(workflows) });
    return {
      orchestrator,
      async [Symbol.asyncDispose]() {
        await orchestrator[Symbol.asyncDispose]();
        await server.kill();
        await worker.shutdown();
        Deno.removeSync(folder, { recursive: true });
      },
    };
  },
};
