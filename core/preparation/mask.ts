/** Masks of prepared frames: one for all frames as long as all are equal, one per frame from the first that differs. */

/** Gathers the mask of one frame after the other. */
export interface MaskCollector {
  /** Keeps a copy of `mask` (y, x; 1 = valid) for `frame`; frames come in order from 0. */
  add(frame: number, mask: Uint8Array): void;
  /** (frame, y, x), or (1, y, x) where all frames share one. */
  result(): { readonly mask: Uint8Array; readonly maskFrames: number };
}

/** A collector for `frames` masks of `pixels` pixels. */
export function createMaskCollector(o: { readonly frames: number; readonly pixels: number }): MaskCollector {
  let common: Uint8Array | null = null;
  let all: Uint8Array | null = null;
  return {
    add(frame, mask) {
      common ??= mask.slice();
      if (all === null && !equal(common, mask)) {
        all = new Uint8Array(o.frames * o.pixels);
        for (let earlier = 0; earlier < frame; earlier++) all.set(common, earlier * o.pixels);
      }
      all?.set(mask, frame * o.pixels);
    },
    result() {
      return all === null
        ? { mask: common ?? new Uint8Array(o.pixels), maskFrames: 1 }
        : { mask: all, maskFrames: o.frames };
    },
  };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
