/** The stage that writes a result: model, state and history as a `.ptyr` file. */

import type { State } from "../kernels/reconstruction.ts";
import type { LoadedArray } from "../kernels/state_arrays.ts";
import { type Ptyr, PTYR_DESCRIPTION, type PtyrRuntime, writePtyr } from "../core/formats/ptyr.ts";
import { type ResultFile, resultFiles, type ResultFormat } from "../core/formats/result_files.ts";
import { type PtychoParams, storedPtycho } from "../core/ptycho_params.ts";
import { exitStorageWaves } from "../core/scan_models/exit_storages.ts";
import type { ModelLayout } from "../core/scan_models/model.ts";
import { modelFromState, modelToPtyr } from "../core/scan_models/model_state.ts";

/** What a result is made of. */
export interface ExportInput {
  /** `minimal` to keep; `dump` for an autosave, which also holds the exit waves. */
  readonly kind: "minimal" | "dump";
  readonly model: ModelLayout;
  readonly state: State;
  /** Exit waves by their names in the state, for a dump. */
  readonly waves: Readonly<Record<string, LoadedArray>>;
  readonly p: PtychoParams;
  /** The parameters as the user wrote them. */
  readonly tree: Readonly<Record<string, unknown>>;
  readonly runtime: PtyrRuntime;
  /** Time of writing. */
  readonly now: Date;
}

/** Writes a result; the file appears whole or not at all. @throws {DataError} if it cannot be written */
export function exportResult(path: string, input: ExportInput): void {
  const { content, isFloat } = contentOf(input);
  writePtyr(path, content, { now: input.now, isFloat });
}

/** The files of a result in the format of another program. */
export function exportedFiles(
  input: ExportInput,
  { to, base }: { readonly to: ResultFormat; readonly base: string },
): ResultFile[] {
  return resultFiles(contentOf(input).content, { to, base, now: input.now });
}

interface Content {
  readonly content: Ptyr;
  readonly isFloat: (path: string) => boolean;
}

function contentOf({ kind, model, state, waves, p, tree, runtime }: ExportInput): Content {
  const { probe, obj, positions } = modelToPtyr(modelFromState(model, state));
  // PtyPy stores all of the top level and of `io`, but of scans and engines only what the user wrote.
  const { pars, isFloat } = storedPtycho({ ...p, scans: tree.scans ?? {}, engines: tree.engines ?? {} });
  const content: Ptyr = {
    kind,
    description: PTYR_DESCRIPTION,
    probe,
    obj,
    positions,
    pars: pars as Ptyr["pars"],
    runtime,
    ...(kind === "dump" ? { exit: exitStorageWaves(model, waves) } : {}),
  };
  return { content, isFloat };
}
