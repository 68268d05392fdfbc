/** What stages cost: shares of the processor time that add up, GPU time of blocks, artifacts and warm engines. */

import assert from "node:assert/strict";
import type { StageContext } from "../stage.ts";
import { createServerMeter } from "./metrics.ts";
import { createCpuShares, createStageMeter, usageOf } from "./stage_meter.ts";

Deno.test("createCpuShares() gives all of the time to one, and equal parts to those at work together", () => {
  let cpu = 100;
  const share = createCpuShares(() => cpu);
  const first = share();
  cpu += 4;
  const second = share();
  cpu += 6;
  assert.equal(first(), 7);
  cpu += 5;
  assert.equal(second(), 8);
  cpu += 1;
  assert.equal(share()(), 0);
});

function contextOn(device: string): StageContext {
  const store = {
    publish: async (_: string, write: (path: string) => void | Promise<void>) => {
      const path = await Deno.makeTempFile();
      await write(path);
      await Deno.remove(path);
      return true;
    },
  };
  const warm = { take: (key: string) => key === "engine a" ? { [Symbol.dispose]() {} } : null };
  return { devices: { best: { name: device } }, artifacts: store, warm } as unknown as StageContext;
}

for (const [device, gpuSeconds] of [["webgpu", 1.5], ["wasm", 0]] as const) {
  Deno.test(`createStageMeter() counts the seconds of a block on ${device} as ${gpuSeconds} of a GPU`, async () => {
    const meter = createServerMeter();
    const [time, cpu] = [[0, 2000, 2000], [1, 4, 4]];
    const stages = createStageMeter(meter, { now: () => time.shift() ?? 2000, cpu: () => cpu.shift() ?? 4 });
    const { usage, output } = await stages.measure("iterate", contextOn(device), async ({ artifacts, warm }) => {
      await artifacts.publish("runs/r/state-01", (path) => Deno.writeFileSync(path, new Uint8Array(7)));
      warm.take("engine a");
      warm.take("engine b");
      return { seconds: 1.5 };
    });
    assert.deepEqual([usage, output], [{ cpuSeconds: 3, gpuSeconds }, { seconds: 1.5 }]);
    const text = meter.text([]);
    for (
      const line of [
        `exitwave_gpu_seconds_total{stage="iterate"} ${gpuSeconds}`,
        'exitwave_cpu_seconds_total{stage="iterate"} 3',
        'exitwave_stages_total{stage="iterate",outcome="done"} 1',
        'exitwave_artifact_bytes_total{kind="state"} 7',
        'exitwave_warm_total{of="engine",result="hit"} 1',
        'exitwave_warm_total{of="engine",result="miss"} 1',
      ]
    ) assert.ok(text.includes(`${line}\n`), line);
  });
}

Deno.test("createStageMeter() counts what failed, and lets the error pass", async () => {
  const meter = createServerMeter();
  const stages = createStageMeter(meter, { now: () => 0, cpu: () => 0 });
  const work = () => Promise.reject(new Error("no"));
  await assert.rejects(stages.measure("plot", contextOn("wasm"), work), /no/);
  assert.match(meter.text([]), /exitwave_stages_total\{stage="plot",outcome="failed"\} 1/);
});

Deno.test("usageOf() reads the header of a stage, and nothing of what is no usage", () => {
  const of = (text: string) => usageOf(new Headers({ "exitwave-usage": text }));
  assert.deepEqual(of('{"cpuSeconds":1,"gpuSeconds":0}'), { cpuSeconds: 1, gpuSeconds: 0 });
  for (const text of ["{", '{"cpuSeconds":"1"}', "null"]) assert.equal(of(text), undefined);
  assert.equal(usageOf(new Headers()), undefined);
});
