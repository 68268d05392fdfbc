/** Devices in a real browser, headless Chromium: transforms and engines against the reference in the same page. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { basename, join } from "node:path";
import type { EngineFigures } from "./figures.ts";
import type { ChromiumReport } from "./drive_chromium.ts";

const CHROMIUM = "/usr/bin/chromium";
/** The page, and what it starts as workers. */
const ENTRIES = ["tests/browser/page.ts", "kernels/wasm/device_worker.ts"];
const ROOT = join(import.meta.dirname!, "../..");

/**
 * Largest difference of a transform over its largest value: single precision rounds by 6e-8 in each of some dozen stages, and what is
 * compared is transformed in double.
 */
const FFT_CLOSE = 2e-6;
/**
 * Relative differences (of norms) after four iterations. The reference keeps waves and sums in double; single precision rounds each of the
 * some dozen steps of an iteration by 6e-8 and the iterations carry it on.
 */
const ENGINE_CLOSE = 2e-5;

const present = hasChromium();

Deno.test({
  name: present
    ? "devices in headless Chromium agree with the reference"
    : `devices in headless Chromium (skipped: found no ${CHROMIUM}, the Debian package chromium)`,
  ignore: !present,
  async fn(t) {
    const { figures, served } = await measure();
    assertEquals(figures.map(({ name, scope }) => `${name} in the ${scope}`), [
      "webgpu in the page",
      "wasm in the page",
      "wasm in the worker",
      "wasm in the plain page",
    ]);
    assert(served.includes("/device_worker.ts"), "found no second thread, expected one where memory is shared");
    for (const { name, scope, description, isolated, ffts, engines } of figures) {
      await t.step(`${name} (${description}) in the ${scope}`, () => {
        assertEquals(isolated, scope !== "plain page");
        assert(ffts.some(({ rows, cols }) => rows === 64 && cols === 64), "expected a transform of 64 * 64");
        for (const { rows, cols, forward, backward } of ffts) {
          assertAtMost(forward, FFT_CLOSE, `fft2 of ${rows} * ${cols}`);
          assertAtMost(backward, FFT_CLOSE, `ifft2 of ${rows} * ${cols}`);
        }
        assertEquals(new Set(engines.map(({ engine }) => engine)), new Set(["DM", "ML"]));
        engines.forEach(checkEngine);
      });
    }
  },
});

function checkEngine({ engine, rows, cols, distances, moved, firstError, lastError }: EngineFigures): void {
  const what = `${engine} at ${rows} * ${cols}`;
  // What is compared must be a reconstruction on its way, not a start that nothing changes.
  assert(moved.probe > 0.05 && moved.object > 0.05, `${what}: probe and object moved by ${Deno.inspect(moved)}`);
  assertAtMost(lastError, 0.5 * firstError, `${what}: photon error of the reference`);
  for (const name of ["probe", "object", "errors", "localErrors"]) assert(name in distances, `${what}: no ${name}`);
  for (const [name, off] of Object.entries(distances)) assertAtMost(off, ENGINE_CLOSE, `${what}: ${name}`);
}

/** @throws {Error} in continuous integration (CI=true), where the browser must be there */
function hasChromium(): boolean {
  try {
    Deno.statSync(CHROMIUM);
    return true;
  } catch (cause) {
    if (Deno.env.get("CI") !== "true") return false;
    throw new Error(`Cannot test in a browser in CI: found no ${CHROMIUM}, expected the Debian package chromium`, {
      cause,
    });
  }
}

async function measure(): Promise<ChromiumReport> {
  const folder = await Deno.makeTempDir({ prefix: "exitwave_browser_" });
  try {
    for (const entry of ENTRIES) {
      const output = join(folder, `${basename(entry, ".ts")}.js`);
      await runDeno(["bundle", "--quiet", "--platform", "browser", "--output", output, entry]);
    }
    return JSON.parse(await runDeno(["run", "--allow-all", "tests/browser/drive_chromium.ts", CHROMIUM, folder]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runDeno(args: readonly string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT, env: { NO_COLOR: "1" } });
  const { success, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  assert(success, `deno ${args.join(" ")} failed:\n${text.decode(stderr)}`);
  return text.decode(stdout);
}

/** Numbers that are not finite come out of JSON as null and must not pass. */
function assertAtMost(found: number | null, limit: number, what: string): void {
  assert(typeof found === "number" && found <= limit, `${what}: found ${found}, expected at most ${limit}`);
}
