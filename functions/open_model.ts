/** The model of a run from its prepared scans, for a process that does not have it yet. */

import type { Data, State } from "../kernels/reconstruction.ts";
import { restoreRandom } from "../core/random.ts";
import type { ModelLayout } from "../core/scan_models/model.ts";
import { withArtifactFiles } from "./artifact_files.ts";
import { sortedScans } from "./load.ts";
import { loadParameters, missing, type RunParameters } from "./parameters.ts";
import { openPreparedFile, readPrepared } from "./prepared_pack.ts";
import type { StageContext } from "./stage.ts";
import { startModel } from "./start.ts";

/** A model whose frames are read from its artifact as long as it is open. */
export interface OpenModel extends Disposable {
  readonly model: ModelLayout;
  readonly data: Data;
  /** Where the first engine begins; null once it was taken, so that nobody holds a probe and an object without need. */
  start: State | null;
}

/** What a model is made of. */
export interface ModelKeys {
  readonly parameters: string;
  readonly prepared: string;
}

/** The model that is kept warm, or a new one. The caller disposes of it or keeps it. @throws {DataError} if an artifact is missing */
export async function takeModel(context: StageContext, keys: ModelKeys): Promise<OpenModel> {
  return context.warm.take<OpenModel>(warmKey(keys)) ?? await openModel(context, keys);
}

/** A model, and where its first engine begins, which the model does not hold any longer. @throws {DataError} if an artifact is missing */
export async function takeStart(context: StageContext, keys: ModelKeys): Promise<{ open: OpenModel; state: State }> {
  let open = await takeModel(context, keys);
  if (open.start === null) {
    open[Symbol.dispose]();
    open = await openModel(context, keys);
  }
  const state = open.start!;
  open.start = null;
  return { open, state };
}

/** Keeps a model warm. */
export function keepModel({ warm }: StageContext, keys: ModelKeys, model: OpenModel): void {
  warm.put(warmKey(keys), model);
}

function warmKey({ parameters, prepared }: ModelKeys): string {
  return `model ${parameters} ${prepared}`;
}

async function openModel(context: StageContext, { parameters, prepared }: ModelKeys): Promise<OpenModel> {
  const { tree, parsed } = await loadParameters(context, parameters);
  const file = await context.artifacts.fetch(prepared);
  if (file === null) throw missing(prepared);
  try {
    const pack = openPreparedFile(file.path);
    try {
      const made = await withArtifactFiles(context, tree, (files) => {
        return makeModel({ ...context, files }, { parsed, ...readPrepared(pack) });
      });
      return {
        ...made,
        [Symbol.dispose]() {
          pack[Symbol.dispose]();
          file[Symbol.dispose]();
        },
      };
    } catch (e) {
      pack[Symbol.dispose]();
      throw e;
    }
  } catch (e) {
    file[Symbol.dispose]();
    throw e;
  }
}

function makeModel(
  context: StageContext,
  { parsed: { p }, scans, random }: Pick<RunParameters, "parsed"> & ReturnType<typeof readPrepared>,
): Omit<OpenModel, typeof Symbol.dispose> {
  const inputs = sortedScans(p.scans).map(([label, scan]) => ({ label, p: scan, prepared: scans.get(label)! }));
  const { path } = context.files(p.io.home);
  const { log, warn } = context;
  const { model, data, state: start } = startModel(inputs, p, { random: restoreRandom(random), path, log, warn });
  return { model, data, start };
}
