/** Spans that `exitwave serve` and `exitwave worker` export by Deno, as docs/operations.md has it: to a receiver of OTLP on loopback. */

import assert from "node:assert/strict";
import { traceIdOfRun } from "../../functions/operation/trace.ts";
import { call, startServed } from "./served_process.ts";

const TREE = {
  io: { autosave: false },
  scans: { MF: { name: "Full", data: { name: "MoonFlowerScan", shape: 32, num_frames: 12 } } },
  engines: { e: { name: "DM", numiter: 4, numiter_contiguous: 2, probe_support: null } },
};

/** `kind` of spans of requests that were answered. */
const SERVER = 2;

interface Span {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string>>;
}

for (const where of ["in the server", "by a worker"]) {
  Deno.test(`stages ${where} are spans below the steps of their run, and requests spans of their caller's trace`, async () => {
    const folder = Deno.realPathSync(await Deno.makeTempDir());
    try {
      await using receiver = openReceiver();
      const ports = { serve: freePort(), worker: freePort() };
      const nets = Object.values(ports).map((port) => `127.0.0.1:${port}`).join(",");
      const start = (command: "serve" | "worker", config: Record<string, unknown>) =>
        startServed(command, {
          folder,
          name: command,
          // Not the receiver: what Deno exports needs no right of the program.
          net: nets,
          env: { ...receiver.env, OTEL_SERVICE_NAME: command },
          config: {
            listen: { port: ports[command] },
            state: `state-${command}`,
            artifacts: "artifacts",
            device: { name: "wasm" },
            ...config,
          },
        });
      await using stack = new AsyncDisposableStack();
      const isAway = where === "by a worker";
      if (isAway) stack.use(await start("worker", {}));
      const server = stack.use(await start("serve", isAway ? { workers: [`http://127.0.0.1:${ports.worker}`] } : {}));
      await checkSpans(server, receiver, isAway ? "worker" : "serve");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

async function checkSpans(
  server: { readonly address: string },
  receiver: Receiver,
  stageService: string,
): Promise<void> {
  const trace = "0123456789abcdef0123456789abcdef";
  const response = await fetch(`${server.address}/v1/runs`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "traceparent": `00-${trace}-0123456789abcdef-01`,
      "authorization": "Bearer a-secret-that-nobody-must-see",
    },
    body: JSON.stringify({ parameters: TREE }),
  });
  const { id } = await response.json();
  for (;;) {
    const { status } = await call(server, `/v1/runs/${id}`);
    if (status === "done") break;
    assert.ok(status === "pending" || status === "running", status);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const isOf = (name: string) => (span: Span) => span.name === name && span.attributes["exitwave.run"] === id;
  const stages = ["prepare", "start", "iterate", "export"];
  await receiver.until((spans) =>
    stages.every((stage) => spans.some(isOf(`stage ${stage}`))) && spans.some(({ traceId }) => traceId === trace)
  );
  const { spans } = receiver;
  const request = spans.find(({ traceId, kind }) => traceId === trace && kind === SERVER)!;
  assert.deepEqual([request.parentSpanId, request.attributes["url.path"]], ["0123456789abcdef", "/v1/runs"]);
  await receiver.until((spans) =>
    stages.every((stage) => stepAbove(spans.find(isOf(`stage ${stage}`))!, spans) !== null)
  );
  for (const stage of stages) {
    const span = spans.find(isOf(`stage ${stage}`))!;
    assert.deepEqual([span.service, span.traceId, span.attributes["exitwave.stage"]], [
      stageService,
      traceIdOfRun(id),
      stage,
    ]);
    const step = stepAbove(span, spans)!;
    assert.equal(step.service, "serve");
    assert.equal(step.attributes["exitwave.run"], id);
    assert.equal(step.name, `step ${step.attributes["exitwave.step"]}`);
  }
  assert.ok(!receiver.text().includes("a-secret-that-nobody-must-see"));
}

/** The step that a span is part of; null if one on the way has not come yet. */
function stepAbove(span: Span, spans: readonly Span[]): Span | null {
  for (let above: Span | undefined = span; above !== undefined;) {
    if ("exitwave.step" in above.attributes) return above;
    const { parentSpanId, traceId }: Span = above;
    above = spans.find((span) => span.spanId === parentSpanId && span.traceId === traceId);
  }
  return null;
}

interface Receiver extends AsyncDisposable {
  /** What makes Deno export to it. */
  readonly env: Readonly<Record<string, string>>;
  readonly spans: readonly Span[];
  /** All that came. */
  text(): string;
  until(isSo: (spans: readonly Span[]) => boolean): Promise<void>;
}

/** A receiver of OTLP over HTTP in JSON. */
function openReceiver(): Receiver {
  const spans: Span[] = [];
  let text = "";
  const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = Deno.serve(listen, async (request) => {
    const body = await request.text();
    text += body;
    if (new URL(request.url).pathname === "/v1/traces") spans.push(...spansOf(JSON.parse(body)));
    return Response.json({});
  });
  return {
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "200",
    },
    spans,
    text: () => text,
    async until(isSo) {
      while (!isSo(spans)) await new Promise((resolve) => setTimeout(resolve, 50));
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** JSON of Deno's exporter. */
// deno-lint-ignore no-explicit-any -- the shape is what is tested
type AnyJson = any;

function spansOf({ resourceSpans }: AnyJson): Span[] {
  const valuesOf = (attributes: AnyJson[]) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]));
  return resourceSpans.flatMap(({ resource, scopeSpans }: AnyJson) => {
    const service = valuesOf(resource.attributes)["service.name"];
    const all: AnyJson[] = scopeSpans.flatMap(({ spans }: AnyJson) => spans);
    return all.map((span) => ({ ...span, service, attributes: valuesOf(span.attributes) }));
  });
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
