/** A loader that the user brings along, in a file of his own. */

import { DataError, isPtychoError, UnsupportedError } from "../errors.ts";
import type { ModuleScanParams } from "../parameters/scandata/module_scan.ts";
import { need } from "./instrument_files.ts";
import { defineLoader, type LoaderServices, type OpenScan } from "./loader.ts";

/** What a file with a loader exports as `open`: the same as our loaders do, but sources may be incomplete. */
export type OpenModule = (
  p: ModuleScanParams["parameters"],
  services: LoaderServices & { readonly data: ModuleScanParams },
) => Partial<OpenScan>;

/**
 * Calls `open` of the module, which whoever runs Exitwave has let in before (`services.modules`), and holds what it returns to the
 * contract of loaders.
 *
 * @throws {UnsupportedError} where nobody lets modules in, as at a server
 * @throws {DataError} for what the module throws, and for what it returns that is no scan
 */
export const moduleScan = defineLoader<ModuleScanParams>({
  name: "ModuleScan",
  open(p, services) {
    const file = need(p.module, "module", "a file with a loader");
    const open = services.modules?.get(file);
    if (open === undefined) {
      throw new UnsupportedError(
        `Cannot run "${file}": found code of the user's as a loader, which runs only where its user starts exitwave, not at a server`,
        { path: "scans.*.data.name", value: file },
      );
    }
    return scanOf(p, opened(p, open, services));
  },
});

function opened(p: ModuleScanParams, open: OpenModule, services: LoaderServices): Partial<OpenScan> {
  try {
    return open(p.parameters, { ...services, data: p });
  } catch (error) {
    if (isPtychoError(error)) throw error;
    throw new DataError(
      `Cannot load by "${p.module}": its open() failed: ${messageOf(error)}`,
      { file: p.module },
      error,
    );
  }
}

function scanOf(p: ModuleScanParams, found: Partial<OpenScan>): OpenScan {
  const fail = (what: string, expected: string): never => {
    throw new DataError(`Cannot load by "${p.module}": its open() gave ${what}, expected ${expected}`, {
      file: p.module,
      found: what,
      expected,
    });
  };
  if (typeof found !== "object" || found === null) fail(String(found), "a scan");
  if ("then" in found) fail("a promise", "a scan: open() must not be async");
  const { numFrames, frames, positions = null } = found;
  if (!Number.isInteger(numFrames) || numFrames! < 1) fail(`numFrames ${numFrames}`, "a whole number from 1");
  if (typeof frames !== "function") fail("no function frames(start, stop)", "one");
  if (positions !== null && !(positions instanceof Float64Array)) fail("other positions", "a Float64Array or null");
  return {
    ...found,
    numFrames: numFrames!,
    positions,
    weight: found.weight ?? null,
    source: found.source ?? `"${p.module}"`,
    found: found.found ?? {},
    frames(start, stop) {
      const raw = frames!.call(found, start, stop);
      const { shape, data } = raw?.data ?? {};
      const size = (shape ?? []).reduce((a, b) => a * b, 1);
      if (shape?.length !== 3 || shape[0] !== stop - start || data?.length !== size) {
        fail(
          `frames(${start}, ${stop}) of shape (${shape ?? "none"}) with ${data?.length ?? "no"} values`,
          `{ data: { dtype, shape: [${stop - start}, y, x], data } }`,
        );
      }
      return raw!;
    },
    [Symbol.dispose]: () => found[Symbol.dispose]?.(),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
