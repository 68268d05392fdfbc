/** The difference map reduced to its equations. */

import type { DmSimpleParams } from "../parameters/engine/dm_simple.ts";
import { defineEngine } from "./engine.ts";
import { openProjection } from "./projectional.ts";

/** What the denominators of both updates begin with. */
const FLOOR = { oldWeight: 0, normStart: 1e-10 };

/**
 * Difference map without power bound, photon error, inertia or support; the probe is updated from the start.
 * @see Thibault et al., Ultramicroscopy 109 (2009) 338, 10.1016/j.ultramic.2008.12.011
 * @see PtyPy 0.4: engines.DM_simple
 */
export const dmSimple = defineEngine<DmSimpleParams>({
  name: "DM_simple",
  citation: "Thibault et al., Ultramicroscopy 109 (2009) 338, 10.1016/j.ultramic.2008.12.011",
  errorsPer: "frame",
  waves: 2,
  usesExitWaves: true,
  start(context, p) {
    const { project, overlap } = openProjection(context, { isObjectReplaced: true });
    const { blocks, probes } = context.resident.data;
    const options = {
      maxRounds: p.overlap_max_iterations,
      convergeFactor: p.overlap_converge_factor,
      objectFirst: true,
      object: FLOOR,
      probes: probes.map(() => FLOOR),
      smoothing: 0,
      clip: null,
      support: null,
      centerTolerance: null,
    };
    return () => {
      project({ alpha: p.alpha, powerBounds: blocks.map(() => null), photonError: false });
      overlap(options, true);
    };
  },
});
