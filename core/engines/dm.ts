/** The difference map. */

import type { DmParams } from "../parameters/engine/dm.ts";
import { defineEngine } from "./engine.ts";
import { openPositionRefinement } from "./position_refinement.ts";
import { openProjection } from "./projectional.ts";
import { countProbeViews } from "./storages.ts";

/**
 * Difference map with power bound, overlap loop and position refinement.
 * @see Thibault et al., Ultramicroscopy 109 (2009) 338, 10.1016/j.ultramic.2008.12.011
 * @see PtyPy 0.4: engines.DM
 */
export const dm = defineEngine<DmParams>({
  name: "DM",
  citation: "Thibault et al., Ultramicroscopy 109 (2009) 338, 10.1016/j.ultramic.2008.12.011",
  errorsPer: "frame",
  waves: 2,
  usesExitWaves: true,
  start(context, p) {
    const { statistics, resident } = context;
    const refinePositions = openPositionRefinement(context, p);
    const views = countProbeViews(resident.data);
    const powerBounds = statistics.blocks.map(({ powerBoundStub }) => powerBound(p, powerBoundStub));
    const objectWeight = p.object_inertia * statistics.meanPower;
    // Smoothing is done in double precision, which the object does not have.
    const isObjectReplaced = objectWeight > 0 && !p.obj_smooth_std;
    const { project, overlap } = openProjection(context, { isObjectReplaced });
    const options = {
      maxRounds: p.overlap_max_iterations,
      convergeFactor: p.overlap_converge_factor,
      objectFirst: p.update_object_first,
      object: { oldWeight: objectWeight, normStart: objectWeight },
      probes: resident.data.probes.map(({ layers }, i) => {
        const weight = p.probe_inertia * views[i]! / layers;
        return { oldWeight: weight, normStart: weight };
      }),
      smoothing: p.obj_smooth_std ?? 0,
      clip: p.clip_object,
      support: p.probe_support,
      centerTolerance: p.probe_center_tol,
    };
    return (iteration) => {
      project({ alpha: p.alpha, powerBounds, photonError: true });
      overlap(options, iteration >= p.probe_update_start);
      refinePositions(iteration);
    };
  },
});

/** A relaxation of 0 means that magnitudes are always replaced, as if there were no bound. */
function powerBound(p: DmParams, stub: number): number | null {
  const bound = 0.25 * p.fourier_relax_factor ** 2 * stub;
  return bound > 0 ? bound : null;
}
