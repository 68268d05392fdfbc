/** What every command of the command line shares: where it writes and how it ends. */

/** Output of a command, injected so that tests can listen. */
export interface CliIo {
  /** Writes to standard output as is. */
  out(text: string): void;
  /** Writes to standard error as is. */
  err(text: string): void;
  /** True if standard error is a terminal, so that a progress bar may be redrawn. */
  readonly isTerminal: boolean;
  /** Asks the user a question; absent where he cannot be asked. */
  ask?(question: string): boolean;
  /** Aborted by Ctrl-C once `catchInterrupts` was called. */
  readonly signal: AbortSignal;
  /**
   * From here on Ctrl-C, or any of these signals, aborts `signal`, and a second one ends the process; before, the first one does.
   */
  catchInterrupts?(signals?: readonly ("SIGINT" | "SIGTERM")[]): void;
}

/** Exit codes: 0 done, 2 the user's mistake, 1 ours or that of a device that failed under way. */
export const EXIT = { done: 0, ours: 1, user: 2 } as const;
