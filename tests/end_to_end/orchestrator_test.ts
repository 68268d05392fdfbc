/** Interface and behaviour are one for both orchestrators. */

import { EMBEDDED, RESTATE } from "./backends.ts";
import { testOrchestrator } from "./orchestrator_suite.ts";
import { RUN_TESTS } from "./suite_of_runs.ts";
import { STEP_TESTS } from "./suite_of_steps.ts";

for (const backend of [EMBEDDED, RESTATE]) {
  testOrchestrator(backend, STEP_TESTS);
  testOrchestrator(backend, RUN_TESTS);
}
