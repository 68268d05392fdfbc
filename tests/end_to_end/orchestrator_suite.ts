/** How a test that holds for every orchestrator is declared, and what such tests share. */

import assert from "node:assert/strict";
import { isPtychoError } from "../../core/errors.ts";
import {
  type Orchestrator,
  type RetryPolicy,
  RunError,
  RunInterrupted,
  type Workflows,
} from "../../workflows/orchestrator.ts";

/** How a test's orchestrator works. */
export interface BackendOptions {
  readonly retry: RetryPolicy;
  readonly stepTimeoutMilliseconds: number;
}

/** A back end: opens an orchestrator without runs, and its workers. */
export interface Backend {
  readonly name: string;
  /** False where it cannot be tested. */
  readonly present: boolean;
  open(workflows: Workflows, options: BackendOptions): Promise<OpenBackend>;
}

/** An orchestrator and what belongs to it. */
export interface OpenBackend extends AsyncDisposable {
  readonly orchestrator: Orchestrator;
}

const QUICK: BackendOptions = {
  retry: { attempts: 3, initialMilliseconds: 5, factor: 2, longestMilliseconds: 20 },
  stepTimeoutMilliseconds: 20_000,
};

/** Declares tests of a back end. */
export function testOrchestrator(backend: Backend, tests: SuiteTests): void {
  for (const [name, test] of Object.entries(tests)) {
    Deno.test({
      name: `${backend.name}: ${name}`,
      ignore: !backend.present,
      // A connection that fetch keeps for later is no leak.
      sanitizeResources: backend.name === "embedded",
      sanitizeOps: backend.name === "embedded",
      fn: () => test((workflows, options = {}) => backend.open(workflows, { ...QUICK, ...options })),
    });
  }
}

/** Opens the back end under test. */
export type Open = (workflows: Workflows, options?: Partial<BackendOptions>) => Promise<OpenBackend>;

/** Tests by name. */
export type SuiteTests = Readonly<Record<string, (open: Open) => Promise<void>>>;

/** Work that heeds its signal and nothing else. On a slow machine its time may be over before it is interrupted. */
export function untilAborted(signal: AbortSignal, aborted: () => void): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      aborted();
      assert.ok(signal.reason instanceof RunInterrupted || isPtychoError(signal.reason, "DeviceError"));
      reject(signal.reason);
    });
  });
}

/** Asks until the answer is as wanted. */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    assert.ok(performance.now() < end, Deno.inspect(answer));
    await pause(20);
  }
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Adds to a list, as the work of a step. */
export function note<T, V>(list: T[], item: T, value: V): Promise<V> {
  list.push(item);
  return Promise.resolve(value);
}

/** Checks that a call is refused, and how. */
export async function refused(call: Promise<unknown>, reason: RunError["reason"], says: RegExp): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof RunError, String(error));
    assert.equal(error.reason, reason);
    assert.match(error.message, says);
    return true;
  });
}
