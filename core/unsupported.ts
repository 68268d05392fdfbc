/** What the parameter tree can say and this version does not do: refused if the user wrote it, mentioned once if it is a default. */

import { UnsupportedError } from "./errors.ts";
import { isPlainObject } from "./parameters/structure.ts";
import type { PtychoParams } from "./parameters/ptycho.ts";

/** Something that is not built. */
interface Row {
  /** Path below `ptycho`; `*` stands for any label. */
  readonly path: string;
  /** True for values that are not built; `siblings` is the group that the value stands in. */
  when(value: unknown, siblings: Readonly<Record<string, unknown>>): boolean;
  readonly reason: string;
  /** Said once if it is only the default. */
  readonly notice?: string;
}

const BUILT_ENGINES = ["DM", "DM_simple", "ML", "ePIE", "Dummy"];

const NO_SUBPIXEL = "no engine of PtyPy or Exitwave shifts views by parts of a pixel";

const ROWS: readonly Row[] = [
  { path: "ipython_kernel", when: (v) => v === true, reason: "there is no Python in Exitwave" },
  {
    path: "io.interaction",
    when: (v) => isPlainObject(v) && v.active === true && isPlainObject(v.server) && v.server.active === true,
    reason: "the interaction server is not built; write io.interaction: false",
    notice: "The interaction server (io.interaction) is not built; nothing listens for clients",
  },
  {
    path: "io.autoplot",
    when: (v) => isPlainObject(v) && v.active === true && Number(v.interval) > 0,
    reason: "live plots are not built; write io.autoplot: false, and plot the result with exitwave plot",
    notice: "Live plots (io.autoplot) are not built; plot the result with exitwave plot",
  },
  { path: "engines.*.name", when: notIn(BUILT_ENGINES), reason: `the engines built are ${BUILT_ENGINES.join(", ")}` },
  { path: "engines.*.subpix", when: (v) => v === "fourier", reason: NO_SUBPIXEL },
  { path: "engines.*.subpix_start", when: (v) => v !== 0, reason: NO_SUBPIXEL },
  {
    path: "engines.*.probe_support",
    when: (v, engine) => (engine.name === "DM_simple" || engine.name === "Dummy") && v !== 0.7 && v !== null,
    reason: "this engine has never had a probe support, in PtyPy neither; leave it out or write None",
  },
  { path: "engines.*.ML_type", when: (v) => v === "euclid", reason: "the likelihoods built are gaussian and poisson" },
  {
    path: "engines.*.position_refinement",
    when: (v, engine) => engine.name === "ML" && isPlainObject(v) && (v.start !== null || v.stop !== null),
    reason: "ML does not refine positions (PtyPy 0.4 only pretends to); refine them with DM",
  },
];

/**
 * Compares a parsed tree with what this version does.
 *
 * @param written paths that the user wrote, from `parsePtycho()`
 * @returns one notice for each default whose feature is not built
 * @throws {UnsupportedError} naming every parameter and value that the user wrote and that is not built; `fields.parameters`
 * lists them as {path, value, reason}
 */
export function checkSupported(p: PtychoParams, written: ReadonlySet<string>): { notices: string[] } {
  const parameters: { path: string; value: unknown; reason: string }[] = [];
  const notices: string[] = [];
  for (const row of ROWS) {
    for (const { path, value, siblings } of matches(p, row.path)) {
      if (!row.when(value, siblings)) continue;
      const causes = [...written].filter((w) => w === path || w.startsWith(`${path}.`) || path.startsWith(`${w}.`));
      if (causes.length === 0 && row.notice !== undefined) notices.push(row.notice);
      else {for (const cause of causes.length > 0 ? causes : [path]) {
          parameters.push({ path: cause, value: valueAt(p, cause), reason: row.reason });
        }}
    }
  }
  parameters.push(...enginesOfOtherDimensions(p));
  if (parameters.length === 0) return { notices };
  const lines = parameters.map((u) => `${u.path}: found ${show(u.value)}, but ${u.reason}`);
  throw new UnsupportedError(lines.join("\n"), { parameters });
}

/** Every engine that is built works on frames; volumes can be simulated, prepared and looked at, and wait for theirs. */
function enginesOfOtherDimensions({ scans, engines }: PtychoParams): { path: string; value: string; reason: string }[] {
  const volumes = Object.entries(scans).filter(([, { name }]) => name === "Bragg3dModel").map(([label]) => label);
  if (volumes.length === 0) return [];
  const reason =
    `it works on frames, and scans.${volumes[0]} has volumes; DM_3dBragg, the engine of volumes, is not built; ` +
    "such scans can be simulated, prepared, inspected and plotted";
  return Object.entries(engines).filter(([, { name }]) => BUILT_ENGINES.includes(name)).map(([label, { name }]) => {
    return { path: `engines.${label}.name`, value: name, reason };
  });
}

function notIn(built: readonly string[]): Row["when"] {
  return (value) => !built.includes(String(value));
}

interface Match {
  readonly path: string;
  readonly value: unknown;
  readonly siblings: Readonly<Record<string, unknown>>;
}

function matches(p: unknown, pattern: string): Match[] {
  let found: Match[] = [{ path: "", value: p, siblings: {} }];
  for (const key of pattern.split(".")) {
    found = found.flatMap(({ path, value }) => {
      if (!isPlainObject(value)) return [];
      const keys = key === "*" ? Object.keys(value) : Object.hasOwn(value, key) ? [key] : [];
      return keys.map((k) => ({ path: path === "" ? k : `${path}.${k}`, value: value[k], siblings: value }));
    });
  }
  return found;
}

function valueAt(p: unknown, path: string): unknown {
  return matches(p, path)[0]?.value;
}

function show(value: unknown): string {
  if (value === null || value === undefined) return "None";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
