/**
 * Instances of the generated modules and the names of their passes, apart from the generators: every thread loads this file, and code
 * that it does not run would take memory in each.
 */

/** The passes of projection_pass.ts; ranges are half open. All addresses and job values are read at each call. */
export interface ProjectionPasses {
  /** Projects the spectra of frames [start, end): changes spectra, exit waves and error records. */
  fourierUpdate(job: number, range: { start: number; end: number }): void;
  /** Sets the exit waves of frames [start, end) to probe times object. */
  beginExitWaves(job: number, range: { start: number; end: number }): void;
  /** Sets the spectra of frames [start, end) to the propagated exit waves. */
  beginSpectra(job: number, range: { start: number; end: number }): void;
  /** Adds all pods [0, pods) to the object's sums, in rows [start, end) of the object. */
  objectUpdate(job: number, band: { pods: number; start: number; end: number }): void;
  /** Adds all pods to the probe's sums, in rows [start, end) of the frame. */
  probeUpdate(job: number, band: { pods: number; start: number; end: number }): void;
}

/** The pass of visit_pass.ts. */
export interface VisitPass {
  /** Visits the pods at places [start, end) of the order. Changes probe, object, exit waves and errors. */
  visit(job: number, range: { start: number; end: number }): void;
}

/** The passes of likelihood_pass.ts; ranges are half open. All addresses and job values are read at each call. */
export interface LikelihoodPasses {
  /** Models, errors, coefficients and back-propagated waves `2 bw(residual * model)` of frames [start, end). */
  gradient(job: number, range: { start: number; end: number }): void;
  /** Adds `conj(probe) * wave` of frames [from, to) to the object's gradient, in rows [start, end) of the object. */
  objectGradient(job: number, band: { from: number; to: number; start: number; end: number }): void;
  /** Adds `conj(object) * wave` of frames [from, to) to the probe's gradient, in rows [start, end) of the frame. */
  probeGradient(job: number, band: { from: number; to: number; start: number; end: number }): void;
  /** Sets the line sums of frames [start, end), from the models that `gradient` left. */
  line(job: number, range: { start: number; end: number }): void;
}

/** Binds a module to a memory, with scratch of its own. */
export function instantiateProjection(module: WebAssembly.Module, { memory, scratchAt }: {
  memory: WebAssembly.Memory;
  scratchAt: number;
}): ProjectionPasses {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const call = (name: string, ...args: number[]) => (exports[name] as (...args: number[]) => void)(...args);
  return {
    fourierUpdate: (job, { start, end }) => start < end && call("fourier_update", job, start, end, scratchAt),
    beginExitWaves: (job, { start, end }) => start < end && call("begin_exit_waves", job, start, end, scratchAt),
    beginSpectra: (job, { start, end }) => start < end && call("begin_spectra", job, start, end, scratchAt),
    objectUpdate: (job, { pods, start, end }) => pods > 0 && start < end && call("object_pass", job, pods, start, end),
    probeUpdate: (job, { pods, start, end }) => pods > 0 && start < end && call("probe_pass", job, pods, start, end),
  };
}

/** Binds a module to a memory, with scratch of its own, zeroed. */
export function instantiateVisit(module: WebAssembly.Module, { memory, scratchAt }: {
  memory: WebAssembly.Memory;
  scratchAt: number;
}): VisitPass {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const visit = exports["visit"] as (job: number, start: number, end: number, scratch: number) => void;
  return { visit: (job, { start, end }) => start < end ? visit(job, start, end, scratchAt) : undefined };
}

/** Binds a module to a memory, with scratch of its own, zeroed. */
export function instantiateLikelihood(module: WebAssembly.Module, { memory, scratchAt }: {
  memory: WebAssembly.Memory;
  scratchAt: number;
}): LikelihoodPasses {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const call = (name: string, ...args: number[]) => (exports[name] as (...args: number[]) => void)(...args);
  const band = (name: string): LikelihoodPasses["objectGradient"] => (job, { from, to, start, end }) =>
    from < to && start < end && call(name, job, from, to, start, end);
  return {
    gradient: (job, { start, end }) => start < end && call("gradient", job, start, end, scratchAt),
    objectGradient: band("object_gradient"),
    probeGradient: band("probe_gradient"),
    line: (job, { start, end }) => start < end && call("line", job, start, end, scratchAt),
  };
}
