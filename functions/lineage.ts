/** How a state came about: from which published state, by which blocks of iterations, and how that one came about itself. */

import type { ArtifactStore } from "./artifacts.ts";
import type { StateReference } from "./inputs.ts";

/** The part of a reference that says how to compute a state again. */
export type Lineage = Omit<StateReference, "key">;

/** How a published state came about. */
export type Earlier = NonNullable<Lineage["earlier"]>;

/** The lineage of a state that is published now, after the one of `lineage`. `engine` is the label. */
export function publishedAfter(
  { base, blocks, earlier }: Lineage,
  { key, engine, isEnd }: { readonly key: string; readonly engine: string; readonly isEnd: boolean },
): Lineage & { readonly blocks: number[]; readonly earlier: Earlier } {
  const temporary = earlier !== null && !earlier.isEnd;
  return { base: key, blocks: [], earlier: { base, blocks: [...blocks], engine, isEnd, temporary } };
}

/**
 * Removes what nobody needs once another state is published after the one of `lineage`: the last two stay, should the last be damaged, and
 * so do the start of the run and the end of each engine.
 *
 * @throws {DataError} as the store does
 */
export async function collectBefore(store: ArtifactStore, { earlier }: Lineage): Promise<void> {
  if (earlier?.temporary) await store.remove(earlier.base);
}
