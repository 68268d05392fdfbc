/** Every scan model, by name. */

import { UnsupportedError } from "../errors.ts";
import type { ScanParams } from "../parameters/scan/mod.ts";
import { full } from "./full.ts";
import type { ScanContext, ScanLayout } from "./scan_model.ts";
import { vanilla } from "./vanilla.ts";

/** All scan models that are built. */
export const SCAN_MODELS = [vanilla, full] as const;

/** The layout of a scan by the model that its parameters name. @throws {UnsupportedError} for a model that is not built */
export function layoutOf(p: ScanParams, context: ScanContext): ScanLayout {
  switch (p.name) {
    case "Vanilla":
      return vanilla.layout(p, context);
    case "Full":
      return full.layout(p, context);
  }
  // Models of volumes are laid out by core/bragg/build_model.ts.
  throw new UnsupportedError(
    `Cannot use ${context.where}.name: found "${p.name}", expected ${SCAN_MODELS.map((m) => m.name).join(" or ")}`,
    { parameter: `${context.where}.name`, found: p.name },
  );
}
