/** Parameters that PtyPy itself stored in its results, read back as input of Exitwave. */

import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { ParameterError } from "../../core/errors.ts";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { parsePtycho } from "../../core/ptycho_params.ts";
import { checkSupported } from "../../core/unsupported.ts";

const FOLDER = fileURLToPath(new URL("../../../shared/data/ptypy_files", import.meta.url));
const present = isFolder(FOLDER);
const suffix = present ? "" : " (skipped: ../shared is absent)";

/** What PtyPy 0.9 writes at the top of every result and its 0.3 tree does not know. */
const ADDED_IN_09 = ["frames_per_block", "io.benchmark", "io.rformat", "min_frames_for_recon"];

for (const noise of ["nonoise", "poisson"]) {
  for (const engine of ["DM_0050", "ML_0070"]) {
    const file04 = `synth64_${noise}_v04_${engine}_04.ptyr`;
    Deno.test({
      name: `the parameters in ${file04} are accepted as they are${suffix}`,
      ignore: !present,
      fn: () => {
        const { p, written } = parsePtycho(readPtyr(`${FOLDER}/${file04}`).pars);
        assert.deepEqual(checkSupported(p, written).notices, []);
        assert.deepEqual(Object.values(p.engines).map((e) => e.name), ["DM", "ML"]);
        assert.deepEqual(Object.values(p.scans).map((s) => s.data.name), ["MoonFlowerScan"]);
      },
    });

    const file09 = `synth64_${noise}_${engine}_09.ptyr`;
    Deno.test({
      name: `the parameters in ${file09} are accepted but for names that PtyPy 0.9 added${suffix}`,
      ignore: !present,
      fn: () => {
        const { pars } = readPtyr(`${FOLDER}/${file09}`);
        assert.throws(() => parsePtycho(pars), (e) => {
          assert.ok(e instanceof ParameterError);
          assert.deepEqual(e.issues.map((i) => i.path).sort(), ADDED_IN_09);
          return e.issues.every((i) => i.message.includes("PtyPy 0.9 has it"));
        });
      },
    });
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (e) {
    if (e instanceof Deno.errors.NotFound) return false;
    throw e;
  }
}
