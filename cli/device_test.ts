/** `--device` and `--threads`. */

import { Command } from "commander";
import { assertEquals } from "@std/assert/equals.js";
import { assertMatch } from "@std/assert/match.js";
import { assertRejects } from "@std/assert/rejects.js";
import { ParameterError } from "../core/errors.ts";
import { DeviceError } from "../kernels/errors.ts";
import type { Precision } from "../kernels/nd_array.ts";
import { gpuForTests } from "../kernels/twins.ts";
import { offering, pretendedCard, withWebGpu } from "../kernels/webgpu/pretended_gpu.ts";
import { EXIT } from "./command.ts";
import { type DeviceFlags, openDevices, withDeviceOptions } from "./device.ts";
import { main } from "./main.ts";

const gpu = await gpuForTests();

async function namesOf(flags: DeviceFlags, precision: Precision = "single"): Promise<readonly string[]> {
  using opened = await openDevices(flags, precision);
  return opened.devices.map(({ name }) => name);
}

Deno.test("openDevices() gives what was asked for, and behind it what goes on when that fails", async () => {
  assertEquals(await namesOf({ device: "wasm" }), ["wasm", "reference"]);
  assertEquals(await namesOf({ device: "reference" }), ["reference"]);
});

Deno.test("auto takes no adapter that computes on the CPU over wasm, and no GPU where there is none", async () => {
  for (const pretended of [undefined, offering(null), offering({ info: { description: "llvmpipe" } })]) {
    await withWebGpu(pretended, async () => {
      using opened = await openDevices({ device: "auto" }, "single");
      assertEquals([opened.devices[0].name, opened.notice], ["wasm", null]);
    });
  }
});

Deno.test("auto on the machine as it is takes wasm where the adapter is software, else webgpu", async () => {
  const isCard = gpu !== null && !gpu.software;
  assertEquals((await namesOf({ device: "auto" }))[0], isCard ? "webgpu" : "wasm");
});

Deno.test({
  name: "auto takes a graphics card in single precision and names it; double precision or threads mean wasm",
  ignore: gpu === null,
  async fn() {
    await withWebGpu(await pretendedCard("Card 1"), async () => {
      using opened = await openDevices({ device: "auto" }, "single");
      assertEquals(opened.devices.map(({ name }) => name), ["webgpu", "wasm", "reference"]);
      assertEquals(opened.notice, 'this run computes on the graphics card "Card 1"');
      assertEquals(await namesOf({ device: "auto" }, "double"), ["wasm", "reference"]);
      assertEquals(await namesOf({ device: "auto", threads: 2 }), ["wasm", "reference"]);
    });
  },
});

Deno.test("auto says when there is a graphics card that cannot be used, and takes wasm", async () => {
  const info = { description: "Broken 3000", isFallbackAdapter: false };
  const broken = { info, limits: {}, requestDevice: () => Promise.reject(new Error("no")) };
  await withWebGpu(offering(broken), async () => {
    using opened = await openDevices({ device: "auto" }, "single");
    assertEquals(opened.devices[0].name, "wasm");
    assertMatch(opened.notice!, /^Cannot use the GPU "Broken 3000": it gave no device; .*; this run computes on wasm$/);
  });
});

Deno.test({
  name: "openDevices() gives an adapter for webgpu and says if it is software",
  ignore: gpu === null,
  async fn() {
    using opened = await openDevices({ device: "webgpu" }, "single");
    assertEquals(opened.devices.map(({ name }) => name), ["webgpu", "wasm", "reference"]);
    assertMatch(opened.notice!, gpu!.software ? /is no graphics card but computes on the CPU/ : /on the graphics card/);
  },
});

Deno.test("openDevices() refuses webgpu where there is none, and in double precision, and says what to do", async () => {
  await withWebGpu(offering(null), async () => {
    const missing = () => openDevices({ device: "webgpu" }, "single");
    await assertRejects(missing, DeviceError, "found no adapter, expected one; install a graphics driver");
  });
  await assertRejects(() => openDevices({ device: "webgpu" }, "double"), ParameterError, "data_type: found double");
});

for (const device of ["reference", "webgpu"] as const) {
  Deno.test(`openDevices() refuses threads for ${device} instead of ignoring them`, async () => {
    await assertRejects(() => openDevices({ device, threads: 2 }, "single"), ParameterError, "--threads");
  });
}

for (const [memory, bytes] of [["200MB", 200e6], ["1.5 GB", 1.5e9], ["64MiB", 2 ** 26], ["3kB", 3000]] as const) {
  Deno.test(`--memory ${memory} is ${bytes} bytes`, () => {
    const command = withDeviceOptions(new Command()).parse(["--memory", memory], { from: "user" });
    assertEquals(command.opts().memory, bytes);
  });
}

Deno.test("openDevices() gives wasm the memory that it may take, never more than it can", async () => {
  for (const [memory, expected] of [[200e6, 200e6], [9e9, 2 ** 32]] as const) {
    using opened = await openDevices({ device: "wasm", memory }, "single");
    assertEquals(opened.devices[0].limits.memoryBytes, expected);
  }
});

Deno.test("openDevices() refuses memory for the reference, which holds everything", async () => {
  await assertRejects(() => openDevices({ device: "reference", memory: 1e9 }, "single"), ParameterError, "--memory");
});

for (
  const [args, message] of [
    [["--device", "gpu"], /argument 'gpu' is invalid\. Allowed choices are auto, webgpu, wasm, reference/],
    [["--threads", "0"], /Found "0", expected a whole number from 1 to 256/],
    [["--threads", "2.5"], /Found "2\.5", expected a whole number/],
    [["--threads", "many"], /Found "many", expected a whole number/],
    ...["0MB", "lots", "500", "-1GB", "1e3MB"].map((size) =>
      [["--memory", size], new RegExp(`Found "${size}", expected a number and a unit, such as 500MB or 8GB`)] as const
    ),
  ] as const
) {
  Deno.test(`run ${args.join(" ")} is the user's mistake, in words`, async () => {
    let err = "";
    const code = await main(["run", "x.yaml", ...args], {
      out: () => {},
      err: (text) => void (err += text),
      isTerminal: false,
      signal: new AbortController().signal,
    });
    assertEquals(code, EXIT.user);
    assertMatch(err, message);
  });
}
