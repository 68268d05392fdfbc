/**
 * The log of a process that serves: a line for everything worth knowing, as JSON for machines or in words for a terminal. A few lines of
 * ours and no library: what counts is that no secret ever gets into one, and that is one function that every line passes.
 */

/** How much a line matters, the least first. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;

/** How much a line matters. */
export type Level = (typeof LEVELS)[number];

/** What a line says beside its message, such as run, stage and request. Plain JSON. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A log. */
export interface Log {
  write(level: Level, message: string, fields?: LogFields): void;
  /** The same log, whose lines all have these fields. */
  with(fields: LogFields): Log;
}

/** How a log is written. */
export interface LogOptions {
  /** Lines that matter less are left out. */
  readonly level: Level;
  readonly form: "json" | "text";
  /** Texts that must never be seen, such as keys from the environment. */
  readonly secrets: readonly string[];
  readonly now: () => Date;
  readonly line: (text: string) => void;
}

/** What stands where something must not be seen. */
const HIDDEN = "[hidden]";

/** Fields whose values are nobody's business whatever they hold. */
const SECRET_NAME = /token|secret|password|authorization|cookie|signature|credential/i;

/** What looks like a secret wherever it stands: our tokens, JWTs, what follows Bearer, and what signs an address for an object store. */
const SECRET_TEXTS: readonly RegExp[] = [
  /xw_[A-Za-z0-9_-]{20,}/g,
  /eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
  /(?<=\b(?:Bearer|Basic) )[A-Za-z0-9._~+\/=-]+/gi,
  /(?<=X-Amz-(?:Signature|Credential|Security-Token)=)[^&\s"]+/gi,
  /(?<=Signature=)[0-9a-f]{16,}/gi,
  /(?<=Credential=)[^,&\s"]+/gi,
  /(?<=\/\/)[^\/\s:@"]+:[^\/\s@"]+(?=@)/g,
];

/** Shorter texts are no secrets, and would be found everywhere. */
const LEAST_SECRET = 6;

/** A log. */
export function createLog(options: LogOptions, fields: LogFields = {}): Log {
  const { level: least, form, now, line } = options;
  return {
    write(level, message, more = {}) {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
      const all = { ...fields, ...more };
      const time = now().toISOString();
      const text = form === "json"
        ? JSON.stringify({ time, level, message, ...all }, visible)
        : inWords({ time, level, message }, all);
      line(withoutSecrets(text, options.secrets));
    },
    with: (more) => createLog(options, { ...fields, ...more }),
  };
}

/** A text in which nothing can be read that is a secret or looks like one. */
export function withoutSecrets(text: string, secrets: readonly string[] = []): string {
  let hidden = text;
  for (const secret of secrets.filter(({ length }) => length >= LEAST_SECRET)) {
    // In JSON a secret stands with its quotes and backslashes escaped.
    for (const form of new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])) {
      hidden = hidden.replaceAll(form, HIDDEN);
    }
  }
  return SECRET_TEXTS.reduce((text, pattern) => text.replace(pattern, HIDDEN), hidden);
}

function visible(name: string, value: unknown): unknown {
  return SECRET_NAME.test(name) && value !== null ? HIDDEN : typeof value === "bigint" ? String(value) : value;
}

function inWords(
  { time, level, message }: { readonly time: string; readonly level: Level; readonly message: string },
  fields: LogFields,
): string {
  const more = Object.entries(fields).map(([name, value]) =>
    ` ${name}=${JSON.stringify(visible(name, value), visible)}`
  );
  const mark = level === "info" ? "" : ` ${level}:`;
  // A message may have lines, but nothing that moves the cursor.
  const plain = message.replace(/[^\P{Cc}\n\t]/gu, " ").replaceAll("\n", "\n  ");
  return `${time.slice(11, 19)}${mark} ${plain}${more.join("")}`;
}
