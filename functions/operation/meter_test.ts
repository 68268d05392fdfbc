/** The text that Prometheus reads. */

import assert from "node:assert/strict";
import { createMeter } from "./meter.ts";

const MEANINGS = {
  hits_total: { type: "counter", help: "Hits" },
  work_seconds: { type: "histogram", help: "Work" },
  queue: { type: "gauge", help: "Queue" },
} as const;

Deno.test("createMeter() counts by labels and writes them escaped", () => {
  const meter = createMeter(MEANINGS);
  meter.add("hits_total");
  meter.add("hits_total", 2.5, { of: 'a"\\\n' });
  meter.add("hits_total", 1, { of: 'a"\\\n' });
  const lines = meter.text([{ name: "queue", value: 3 }]).split("\n");
  assert.deepEqual(lines.filter((line) => /^(hits|queue)/.test(line)), [
    "hits_total 1",
    'hits_total{of="a\\"\\\\\\n"} 3.5',
    "queue 3",
  ]);
  assert.ok(lines.includes("# TYPE hits_total counter") && lines.includes("# HELP queue Queue"));
});

Deno.test("createMeter() counts durations up to the end of each class, which includes those of all below", () => {
  const meter = createMeter(MEANINGS);
  for (const seconds of [0.005, 0.006, 7, 5000]) meter.observe("work_seconds", seconds);
  const lines = meter.text([]).split("\n");
  const of = (le: string) => lines.find((line) => line.startsWith(`work_seconds_bucket{le="${le}"}`))!.split(" ")[1];
  assert.deepEqual(["0.005", "0.01", "5", "10", "1800", "+Inf"].map(of), ["1", "2", "2", "3", "3", "4"]);
  assert.ok(lines.includes("work_seconds_count 4"));
  assert.ok(lines.includes(`work_seconds_sum ${0.005 + 0.006 + 7 + 5000}`));
});

Deno.test("createMeter() takes no name that has no meaning, or another one", () => {
  const meter = createMeter(MEANINGS);
  assert.throws(() => meter.add("other"), RangeError);
  assert.throws(() => meter.add("queue"), RangeError);
  assert.throws(() => meter.text([{ name: "hits_total", value: 1 }]), RangeError);
});
