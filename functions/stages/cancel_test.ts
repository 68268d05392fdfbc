/** Cancelling a stage over a real connection: the loop of the device stops within an iteration. */

import assert from "node:assert/strict";
import type { Device } from "../../kernels/device.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { invokeBy } from "../invoke.ts";
import { inPlace, smallTree } from "./testing.ts";

/** Of an iteration: longer than the time between two looks at connections. */
const MILLISECONDS = 120;

/** The host looks at its connections every 100 ms, and twice until the caller, in the same process, has closed its own and the server heard. */
const MOST_ITERATIONS = 3;

/** A device whose iterations take their time, and that tells of each as it begins. */
function slowly(inner: Device, begins: (count: number) => void): Device {
  let count = 0;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  return {
    ...inner,
    async load(...args) {
      const resident = await inner.load(...args);
      // A copy keeps what the resident does; its members do not ask which object they belong to.
      return {
        ...resident,
        run(work) {
          if ("kernel" in work && work.kernel.name === "report_iteration") {
            begins(++count);
            Atomics.wait(cell, 0, 0, MILLISECONDS);
          }
          resident.run(work);
        },
      };
    },
  };
}

Deno.test(
  "iterate stops within an iteration when its caller hangs up; that is no mistake of ours, and the next call is answered",
  inPlace(async (place) => {
    const reached = Promise.withResolvers<void>();
    let begun = 0;
    const device = slowly(createWasmDevice({ threads: 1 }), (count) => {
      begun = count;
      if (count === 3) reached.resolve();
    });
    using process = place.start({ devices: [device] });
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, process.fetch);
    const invoke = invokeBy(fetch, { url: `http://127.0.0.1:${server.addr.port}` });
    const engines = { a: { name: "DM", numiter: 200, probe_support: null } };
    const common = { run: "test", parameters: await place.submit(smallTree({ engines })) };
    const forever = new AbortController().signal;
    const { prepared } = await invoke("prepare", common, forever);
    const { state } = await invoke("start", { ...common, prepared }, forever);
    const block = { ...common, prepared, engine: "a", state };
    const cancelling = new AbortController();
    const call = invoke("iterate", { ...block, iterations: 200 }, cancelling.signal);
    await reached.promise;
    const before = begun;
    cancelling.abort(new Error("cancelled"));
    await assert.rejects(call, { message: "cancelled" });
    const { iteration } = await invoke("iterate", { ...block, iterations: 2 }, forever);
    assert.equal(iteration, 2);
    const more = begun - before - 2;
    assert.ok(more <= MOST_ITERATIONS, `${more} iterations after the cancelling`);
    assert.deepEqual(process.said.filter((text) => text.startsWith("!")), []);
  }),
);
