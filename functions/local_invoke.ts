/** Calling stages in a process that serves nobody: without requests, and without the application that answers them and its memory. */

import { isPtychoError } from "../core/errors.ts";
import type { Invoke } from "./invoke.ts";
import type { Stage, StageContext } from "./stage.ts";
import { STAGES } from "./stages/mod.ts";

/** What stages are called with. */
export interface LocalInvokeOptions {
  readonly contextOf: (signal: AbortSignal) => StageContext;
  /** Is told what went wrong on our side. */
  readonly failed: (error: unknown) => void;
}

/** Calls stages as the application does: input and output are plain JSON by their schemas. */
export function invokeHere({ contextOf, failed }: LocalInvokeOptions): Invoke {
  return async (name, input, signal) => {
    const stage: Stage = STAGES.find((stage) => stage.name === name)!;
    try {
      return await stage.run(stage.input.parse(input), contextOf(signal)) as never;
    } catch (error) {
      if (!signal.aborted && !isPtychoError(error)) failed(error);
      throw error;
    }
  };
}
