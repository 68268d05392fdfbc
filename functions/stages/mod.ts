/** The list of stages; a new one is a line here. */

import type { Stage } from "../stage.ts";
import { evaluate } from "./evaluate.ts";
import { iterate } from "./iterate.ts";
import { plot } from "./plot.ts";
import { prepare } from "./prepare.ts";
import { autosave, exportStage } from "./save.ts";
import { simulate } from "./simulate.ts";
import { start } from "./start.ts";

/** Every stage. */
export const STAGES = [
  simulate,
  prepare,
  start,
  iterate,
  autosave,
  plot,
  evaluate,
  exportStage,
] as const satisfies readonly Stage[];
