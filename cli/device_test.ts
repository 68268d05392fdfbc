/** `--device` and `--threads`. */

import { assertEquals } from "@std/assert/equals.js";
import { assertMatch } from "@std/assert/match.js";
import { assertRejects } from "@std/assert/rejects.js";
import { ParameterError } from "../core/errors.ts";
import { DeviceError } from "../kernels/errors.ts";
import { gpuForTests } from "../kernels/twins.ts";
import { EXIT } from "./command.ts";
import { openDevice } from "./device.ts";
import { main } from "./main.ts";

Deno.test("openDevice() takes wasm for auto, and the reference where it is asked for", async () => {
  const names = await Promise.all(
    (["auto", "wasm", "reference"] as const).map(async (device) => (await openDevice({ device })).device.name),
  );
  assertEquals(names, ["wasm", "wasm", "reference"]);
});

Deno.test("openDevice() gives an adapter for webgpu and says if it is software, or says that there is none", async () => {
  const adapter = await gpuForTests();
  if (adapter === null) {
    await assertRejects(() => openDevice({ device: "webgpu" }), DeviceError, "Cannot use a GPU");
    return;
  }
  using opened = await openDevice({ device: "webgpu" });
  assertEquals(opened.device.name, "webgpu");
  assertEquals(opened.notice !== null, adapter.software);
});

for (const device of ["reference", "webgpu"] as const) {
  Deno.test(`openDevice() refuses threads for ${device} instead of ignoring them`, async () => {
    await assertRejects(() => openDevice({ device, threads: 2 }), ParameterError, "--threads");
  });
}

for (
  const [args, message] of [
    [["--device", "gpu"], /argument 'gpu' is invalid\. Allowed choices are auto, webgpu, wasm, reference/],
    [["--threads", "0"], /Found "0", expected a whole number from 1 to 256/],
    [["--threads", "2.5"], /Found "2\.5", expected a whole number/],
    [["--threads", "many"], /Found "many", expected a whole number/],
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
