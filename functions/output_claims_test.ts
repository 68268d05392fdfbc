/** Claims of files. */

import assert from "node:assert/strict";
import { ApiError } from "./http_errors.ts";
import { createLocalArtifacts } from "./local_artifacts.ts";
import { claimOutputs, releaseOutputs } from "./output_claims.ts";
import type { ArtifactStore } from "./artifacts.ts";

const inStore = (test: (store: ArtifactStore) => Promise<void>) => async () => {
  const folder = Deno.makeTempDirSync();
  try {
    await test(createLocalArtifacts(folder));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
};

const isTaken = (file: string, run: string) => (e: unknown) =>
  e instanceof ApiError && e.refusal === "Conflict" && e.fields.file === file && e.fields.run === run;

Deno.test(
  "a file belongs to the run that claimed it first, which may claim it again",
  inStore(async (store) => {
    const isThere = () => Promise.resolve(true);
    await claimOutputs(store, { run: "a", files: ["/x", "/y"], isThere });
    await claimOutputs(store, { run: "a", files: ["/y"], isThere });
    await assert.rejects(claimOutputs(store, { run: "b", files: ["/z", "/y"], isThere }), isTaken("/y", "a"));
    const all = await Promise.allSettled(
      ["c", "d", "e"].map((run) => claimOutputs(store, { run, files: ["/new"], isThere })),
    );
    assert.equal(all.filter(({ status }) => status === "fulfilled").length, 1);
  }),
);

Deno.test(
  "what a run claimed that is not there any more is free",
  inStore(async (store) => {
    await claimOutputs(store, { run: "a", files: ["/x"], isThere: () => Promise.resolve(true) });
    await claimOutputs(store, { run: "b", files: ["/x"], isThere: (run) => Promise.resolve(run !== "a") });
    const isThere = (run: string) => Promise.resolve(run === "b");
    await assert.rejects(claimOutputs(store, { run: "c", files: ["/x"], isThere }), isTaken("/x", "b"));
  }),
);

Deno.test(
  "a run gives back what is its own, not what is another's",
  inStore(async (store) => {
    const isThere = () => Promise.resolve(true);
    await claimOutputs(store, { run: "a", files: ["/x"], isThere });
    await releaseOutputs(store, { run: "b", files: ["/x", "/none"] });
    await assert.rejects(claimOutputs(store, { run: "b", files: ["/x"], isThere }), isTaken("/x", "a"));
    await releaseOutputs(store, { run: "a", files: ["/x"] });
    await claimOutputs(store, { run: "b", files: ["/x"], isThere });
  }),
);
