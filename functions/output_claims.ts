/** Which run a file below the data root belongs to, so that no run writes over another's without being told to. */

import { readError } from "../core/formats/hdf5_signature.ts";
import type { ArtifactStore } from "./artifacts.ts";
import { ApiError } from "./http_errors.ts";
import { hashOf } from "./stage.ts";

/** What a run claims. */
export interface ClaimOptions {
  readonly run: string;
  /** Absolute paths. */
  readonly files: readonly string[];
  /** Whether there is still a run of this name: what a removed one claimed is free. */
  readonly isThere: (run: string) => Promise<boolean>;
}

/**
 * Claims files for a run; claiming again is harmless. Of two runs that claim a file at once, one gets it.
 *
 * @throws ApiError `Conflict` naming the file and the run that it belongs to
 */
export async function claimOutputs(store: ArtifactStore, { run, files, isThere }: ClaimOptions): Promise<void> {
  for (const file of files) {
    const owner = await claim(store, { run, file, isThere });
    if (owner === run) continue;
    const message = `Cannot write "${file}": found it written by run "${owner}", expected a file of no other run; ` +
      "name another, remove that run, or say overwrite";
    throw new ApiError("Conflict", message, { fields: { file, run: owner } });
  }
}

/** Gives back what a run claimed; harmless if it is another's. */
export async function releaseOutputs(
  store: ArtifactStore,
  { run, files }: Pick<ClaimOptions, "run" | "files">,
): Promise<void> {
  for (const file of files) if (await ownerOf(store, claimKey(file)) === run) await store.remove(claimKey(file));
}

/** @returns the run that has the file now */
async function claim(
  store: ArtifactStore,
  { run, file, isThere }: Omit<ClaimOptions, "files"> & { readonly file: string },
): Promise<string> {
  const key = claimKey(file);
  for (;;) {
    if (await store.publish(key, (path) => Deno.writeTextFileSync(path, run))) return run;
    const owner = await ownerOf(store, key);
    if (owner !== null && (owner === run || await isThere(owner))) return owner;
    await store.remove(key);
  }
}

function claimKey(file: string): string {
  return `claims/${hashOf(file)}`;
}

async function ownerOf(store: ArtifactStore, key: string): Promise<string | null> {
  using file = await store.fetch(key);
  if (file === null) return null;
  try {
    return Deno.readTextFileSync(file.path);
  } catch (error) {
    throw readError(key, error);
  }
}
