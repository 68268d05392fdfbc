/** What a schedule's choices mean: which events start runs, and which of the starts may be submitted. Pure. */

import type { WholeSchedule } from "../functions/api/schedule_shape.ts";

/** A reason to start a run. */
export interface ScheduleEvent {
  /** Tells it from all other events of its schedule, for good. */
  readonly key: string;
  /** When it was due or seen, milliseconds since 1970. */
  readonly due: number;
  /** The file that came; null for a time. */
  readonly file: string | null;
  /** Whether it happened while nobody looked. */
  readonly isMissed: boolean;
}

/** An event and what becomes of it: a start that waits for its turn, or why there is none. */
export interface Decision {
  readonly event: ScheduleEvent;
  /** Null for a start. */
  readonly skipped: string | null;
}

/** A start that has not come to its end. */
export interface OpenStart {
  readonly number: number;
  readonly state: "waiting" | "started";
}

/** What to do next with the open starts of a schedule. */
export interface NextStep {
  /** Starts whose runs are to be cancelled first, or that are to be skipped if they were not submitted. */
  readonly cancel: readonly number[];
  readonly submit: readonly number[];
}

/** A time that is seen so much later than it was due was missed; about what a restart takes. */
export const GRACE_MILLISECONDS = 60_000;

const OVERLAPS = "the run before it had not ended";

/** The events that may start runs, earliest first. The others were missed, and the schedule does not make up for them. */
export function withoutMissed(
  events: readonly ScheduleEvent[],
  { missed, limit }: Pick<WholeSchedule, "missed" | "limit">,
): ScheduleEvent[] {
  const late = events.filter((event) => event.isMissed);
  const punctual = events.filter((event) => !event.isMissed);
  if (missed === "all") return [...late.slice(-limit), ...punctual];
  // One that comes now stands for those that were missed.
  return missed === "once" && punctual.length === 0 ? late.slice(-1) : punctual;
}

/** What becomes of events that happened, earliest first, while starts are open. */
export function decide(
  events: readonly ScheduleEvent[],
  { overlap, limit, open }: Pick<WholeSchedule, "overlap" | "limit"> & { readonly open: readonly OpenStart[] },
): Decision[] {
  let waiting = open.filter(({ state }) => state === "waiting").length;
  let isFree = open.length === 0;
  return events.map((event, i) => {
    const skip = (skipped: string | null): Decision => ({ event, skipped });
    if (overlap === "skip") {
      if (!isFree) return skip(OVERLAPS);
      isFree = false;
    }
    if (overlap === "queue") {
      // The first of a queue that is empty does not wait.
      if (waiting >= limit + (open.length === 0 ? 1 : 0)) return skip(`${limit} starts were waiting already`);
      waiting++;
    }
    if (overlap === "cancel_previous" && i < events.length - 1) return skip("another one came right after it");
    return skip(null);
  });
}

/** What may be done now with open starts, earliest first, of which those submitted are known not to have ended. */
export function nextStep(open: readonly OpenStart[], overlap: WholeSchedule["overlap"]): NextStep {
  const waiting = open.filter(({ state }) => state === "waiting").map(({ number }) => number);
  const latest = waiting.at(-1);
  if (latest === undefined) return { cancel: [], submit: [] };
  if (overlap === "allow") return { cancel: [], submit: waiting };
  if (overlap === "cancel_previous") {
    return { cancel: open.filter(({ number }) => number < latest).map(({ number }) => number), submit: [latest] };
  }
  // Whoever else looks at the same starts comes to the same first one.
  return { cancel: [], submit: open[0]!.state === "waiting" ? [open[0]!.number] : [] };
}
