/**
 * What a propagation can take over from its neighbours in a pass: the kernel before may compute its input pixel by pixel, the kernel after
 * may take its output, so that waves are not written only to be read again.
 */

import type { Buffer, FrameCall } from "../pass.ts";
import { readLayout, type WgslPropagation, type WgslText } from "../wgsl.ts";

/** A call as it is, or a propagation with what it takes over. */
export interface Step {
  readonly call: FrameCall;
  /** The call that gives the input, and the call that takes the output of a propagation. */
  readonly source: FrameCall | null;
  readonly sink: FrameCall | null;
  /** Whether the wave itself is needed after a sink. */
  readonly keep: boolean;
}

/** What fusion depends on. */
export interface FusionLimits {
  /** Pods per item. */
  readonly modes: number;
  /** Storage buffers that one kernel may bind. */
  readonly storageBuffers: number;
  /** Which ends of a propagation look up a pod's propagator in the address table. */
  readonly addressAt: (direction: WgslPropagation["propagates"]) => readonly ("source" | "sink")[];
  /** Whether the first transform reads every element once. */
  readonly readsOnce: boolean;
}

/** The calls of a pass as steps, in their order. */
export function fuseCalls(calls: readonly FrameCall[], limits: FusionLimits): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i]!;
    const next = calls[i + 1];
    const propagation = propagates(call) ? call : next !== undefined && propagates(next) ? next : null;
    if (propagation === null) {
      steps.push({ call, source: null, sink: null, keep: true });
      continue;
    }
    const source = call === propagation ? null : call;
    if (source !== null && !fits(source, propagation, { end: "source", limits })) {
      steps.push({ call, source: null, sink: null, keep: true });
      continue;
    }
    const at = source === null ? i : i + 1;
    const after = calls[at + 1];
    const sink = after !== undefined && fits(after, propagation, { end: "sink", limits }) ? after : null;
    const keep = sink === null || isUsed(propagation.buffers["wave"]!, calls.slice(at + 2));
    steps.push({ call: propagation, source, sink, keep });
    i = sink === null ? at : at + 1;
  }
  return steps;
}

function propagates({ kernel }: FrameCall): boolean {
  return kernel.wgsl !== undefined && "propagates" in kernel.wgsl;
}

interface End {
  readonly end: "source" | "sink";
  readonly limits: FusionLimits;
}

function fits(call: FrameCall, propagation: FrameCall, { end, limits }: End): boolean {
  const form = call.kernel.wgsl;
  if (form === undefined || "propagates" in form || form[end] === undefined) return false;
  if (call.buffers["wave"] !== propagation.buffers["wave"]) return false;
  const looksUp = limits.addressAt((propagation.kernel.wgsl as WgslPropagation).propagates).includes(end);
  if (looksUp && call.buffers["address"] !== propagation.buffers["address"]) return false;
  if (end === "sink" && form.sinkModes === "one" && limits.modes !== 1) return false;
  if (end === "source" && form.work !== undefined && !limits.readsOnce) return false;
  // Beside its own: the tables of the transform and the factors.
  return readLayout(textOf(form)).storage.length + 2 <= limits.storageBuffers;
}

/** Whether the contents of a buffer matter to later calls. Scratch does not outlive its pass. */
function isUsed(buffer: Buffer, later: readonly FrameCall[]): boolean {
  for (const { kernel, buffers } of later) {
    for (const [name, role] of Object.entries(kernel.bindings)) {
      if (buffers[name] === buffer) return !role.endsWith(":write");
    }
  }
  return buffer.layout.extent !== "scratch";
}

/** The whole text of a kernel. */
export function textOf({ code }: WgslText): string {
  return code.join("\n");
}
