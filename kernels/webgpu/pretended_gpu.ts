/** WebGPU as tests want it: no adapter, a broken one, or the one there is under the name of a graphics card. */

/** What stands for `navigator.gpu`; undefined for a runtime without WebGPU. */
export type PretendedGpu = { readonly requestAdapter: () => Promise<unknown> } | undefined;

/** WebGPU whose only adapter is this one. */
export function offering(adapter: unknown): PretendedGpu {
  return { requestAdapter: () => Promise.resolve(adapter) };
}

/** The adapter there is, under the name of a graphics card. `opened` is told of every device that it gives. */
export async function pretendedCard(
  description: string,
  opened: (device: GPUDevice) => void = () => {},
): Promise<PretendedGpu> {
  const adapter = (await navigator.gpu.requestAdapter())!;
  return offering({
    info: { description, isFallbackAdapter: false },
    limits: adapter.limits,
    async requestDevice(descriptor: GPUDeviceDescriptor) {
      const device = await adapter.requestDevice(descriptor);
      opened(device);
      return device;
    },
  });
}

/** Does something while `navigator.gpu` is another one. */
export async function withWebGpu<T>(gpu: PretendedGpu, body: () => Promise<T>): Promise<T> {
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  try {
    return await body();
  } finally {
    delete (navigator as unknown as Record<string, unknown>)["gpu"];
  }
}
