/** Parameter trees as artifacts: written once by whoever submits a run, parsed once by each process that works on it. */

import { openPack } from "../core/formats/array_pack.ts";
import { createPack } from "../core/formats/array_pack_writer.ts";
import { findEngine, type SupportedParams } from "../core/engines/mod.ts";
import { DataError, ParameterError } from "../core/errors.ts";
import type { WrittenTree } from "../core/parameter_file.ts";
import { type ParsedPtycho, parsePtycho, type PtychoParams } from "../core/ptycho_params.ts";
import { checkSupported } from "../core/unsupported.ts";
import { sortedEngines } from "./load.ts";
import type { ArtifactStore } from "./artifacts.ts";
import type { Json } from "../core/json.ts";
import { outputKey, type StageContext } from "./stage.ts";

/** Kind of the packs. */
const KIND = "parameters";

/** A run's parameters. */
export interface RunParameters {
  /** Name of the run, which goes into file names. */
  readonly name: string;
  /** As the user wrote them. */
  readonly tree: WrittenTree;
  readonly parsed: ParsedPtycho;
}

/**
 * Publishes a tree that was parsed and is supported. Returns its key.
 * @throws {DataError} if the store cannot be written
 */
export async function publishParameters(
  store: ArtifactStore,
  { run, name, tree }: { readonly run: string; readonly name: string; readonly tree: WrittenTree },
): Promise<string> {
  const meta = { name, tree: tree as Json };
  const key = outputKey(run, KIND, meta);
  await store.publish(key, (path) => {
    using pack = createPack(path, KIND);
    pack.finish(meta);
  });
  return key;
}

/** Parameters by their key, parsed when a process first asks for them. @throws {DataError} if there are none of this key */
export function loadParameters({ artifacts, warm }: StageContext, key: string): Promise<RunParameters> {
  return warm.remember(key, async () => {
    using file = await artifacts.fetch(key);
    if (file === null) throw missing(key);
    using pack = openPack(file.path);
    const { name, tree } = pack.meta as unknown as Omit<RunParameters, "parsed">;
    const parsed = parsePtycho(tree);
    checkSupported(parsed.p, parsed.written);
    return { name, tree, parsed };
  });
}

/** The error for an artifact that is not there. */
export function missing(key: string): DataError {
  return new DataError(
    `Cannot read the artifact "${key}": found none of this key, expected one; it was removed, or the store is another one`,
    { artifact: key },
  );
}

/** The engine of a label. @throws {ParameterError} if there is none */
export function engineOf({ engines }: Pick<PtychoParams, "engines">, label: string): SupportedParams {
  // loadParameters() has refused the engines that are not built.
  if (Object.hasOwn(engines, label)) return engines[label] as SupportedParams;
  const labels = Object.keys(engines).join(", ");
  throw new ParameterError([{ path: "engine", message: `found "${label}", expected one of ${labels || "none"}` }]);
}

/** Whether engines after `label` go on from its exit waves, or save them. */
export function needsExitWaves(p: PtychoParams, label: string): boolean {
  const later = sortedEngines(p).filter(([name]) => name > label);
  return later.length > 0 && (p.io.autosave.active || later.some(([, { name }]) => findEngine(name).usesExitWaves));
}
