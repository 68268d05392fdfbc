/** What stages say in a run, kept beside its artifacts: whoever has the store has the log, wherever the stage was called. */

import { DataError } from "../core/errors.ts";
import type { ArtifactStore } from "./artifacts.ts";
import { errorResponse } from "./http_errors.ts";
import { runPrefix, type StageContext } from "./stage.ts";

/** A call of a stage. */
export interface StageCall {
  readonly run: string;
  readonly stage: string;
}

/** Lets a stage work, and publishes what it said, if anything. A store that cannot be written is told to the context, not the caller. */
export async function withCallLog<T>(
  context: StageContext,
  call: StageCall,
  work: (context: StageContext) => Promise<T>,
): Promise<T> {
  const lines: string[] = [];
  const note = (text: string) => void lines.push(`${context.clock.date().toISOString()} ${call.stage}: ${text}\n`);
  const said: Pick<StageContext, "log" | "warn"> = {
    log(message) {
      note(message);
      context.log(message);
    },
    warn(message) {
      note(`note: ${message}`);
      context.warn(message);
    },
  };
  try {
    return await work({ ...context, ...said });
  } catch (error) {
    // Nobody waits for it any more: no failure.
    if (!context.signal.aborted) note(`failed: ${errorResponse(error).error.message}`);
    throw error;
  } finally {
    if (lines.length > 0) await publishLines(context, { call, lines });
  }
}

/** All that stages said in a run, in the order in which they were called. */
export async function readCallLog(artifacts: ArtifactStore, run: string): Promise<string> {
  let text = "";
  for await (const { key } of artifacts.list(logPrefix(run))) {
    using file = await artifacts.fetch(key);
    if (file !== null) text += Deno.readTextFileSync(file.path);
  }
  return text;
}

async function publishLines(
  { artifacts, clock, signal, warn }: StageContext,
  { call: { run, stage }, lines }: { readonly call: StageCall; readonly lines: readonly string[] },
): Promise<void> {
  const time = clock.date().toISOString().replaceAll(/[-:.Z]/g, "");
  const key = `${logPrefix(run)}${time}-${stage}-${crypto.randomUUID().slice(0, 8)}`;
  try {
    await artifacts.publish(key, (path) => Deno.writeTextFileSync(path, lines.join("")));
  } catch (error) {
    // Who is gone leaves nothing more.
    if (signal.aborted) return;
    if (!(error instanceof DataError)) throw error;
    warn(error.message);
  }
}

function logPrefix(run: string): string {
  return `${runPrefix(run)}log/`;
}
