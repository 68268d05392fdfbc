/** What the routes of schedules need behind them; workflows/schedule_service.ts has it. */

import type { NewSchedule, ScheduleBody, ScheduleStart, ScheduleView } from "./schedule_shape.ts";

/**
 * Schedules, as HTTP has them.
 *
 * All throw ApiError: `NotFound` for a schedule that is not there; those that check a schedule throw ParameterError, UnsupportedError and
 * DataError for what could never run.
 */
export interface ScheduleService {
  /**
   * Makes a schedule. The same one again is harmless.
   * @throws ApiError `Conflict` if the id stands for another one
   */
  add(schedule: NewSchedule, owner: string | null): Promise<ScheduleView>;
  /** In the order of their ids. */
  list(): Promise<ScheduleView[]>;
  view(id: string): Promise<ScheduleView>;
  /** Gives a schedule another content. What it started stays, and does not start again. */
  replace(id: string, body: ScheduleBody): Promise<ScheduleView>;
  /** Enables or disables. What happens while a schedule is disabled does not count. */
  enable(id: string, isEnabled: boolean): Promise<ScheduleView>;
  /** Forgets a schedule; its runs go on. */
  remove(id: string): Promise<void>;
  /** The next times; none for files, and while disabled. */
  next(id: string, count: number): Promise<Date[]>;
  /** What it started and did not start, latest first. */
  starts(id: string, limit: number): Promise<ScheduleStart[]>;
}
