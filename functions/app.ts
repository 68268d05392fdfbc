/** The HTTP application: every stage as `POST /v1/stages/<name>`, what is served beside them, and the description of all. No logic. */

import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { mountDescription } from "./api/description.ts";
import { errorResponses, jsonResponse } from "./api/responses.ts";
import { type StageCall, withCallLog } from "./call_log.ts";
import { errorResponse, type HttpError } from "./http_errors.ts";
import type { Invoke } from "./invoke.ts";
import { type StageMeter, type Usage, USAGE_HEADER } from "./operation/stage_meter.ts";
import { inSpan } from "./operation/span.ts";
import { TRACEPARENT } from "./operation/trace.ts";
import type { Stage, StageContext } from "./stage.ts";
import { STAGES } from "./stages/mod.ts";

/** What the application is made of. */
export type AppOptions = SharedOptions & (StagesHere | StagesElsewhere);

interface SharedOptions {
  /** Is told what went wrong on our side. */
  readonly failed: (error: unknown) => void;
  /** Add what is served beside stages. */
  readonly resources?: readonly ((app: OpenAPIHono) => void)[];
}

/** Stages are done in this thread. */
interface StagesHere {
  /** What a stage may use in a call that lives as long as `signal`. */
  readonly contextOf: (signal: AbortSignal, call: StageCall) => StageContext;
  /** Whether what stages say is kept with the artifacts of their run. */
  readonly keepLog?: boolean;
  /** Measures stages; what each cost goes into a header of its answer. */
  readonly stageMeter?: StageMeter;
}

/** Stages are only called. */
interface StagesElsewhere {
  readonly invoke: Invoke;
}

/** The application. */
export function createApp(options: AppOptions): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return;
      const issues = result.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
      const message = issues.map((issue) => `${issue.path}: ${issue.message}`).join("\n");
      return c.json({ error: httpError("ParameterError", message, { issues }) }, 422);
    },
  });
  for (const stage of STAGES) mountStage(app, stage, options);
  for (const mount of options.resources ?? []) mount(app);
  app.notFound(answerNotFound);
  app.onError(answerError(options.failed));
  mountDescription(app);
  return app;
}

/** Answers what is not there. */
export function answerNotFound(c: Context): Response {
  return c.json({ error: httpError("NotFound", `Cannot find ${c.req.path}: see /v1/openapi.json`) }, 404);
}

/** Answers what a handler threw; `failed` is told what is ours. */
export function answerError(failed: AppOptions["failed"]): (error: Error, c: Context) => Response {
  return (error, c) => {
    if (error instanceof HTTPException) {
      const message = `Cannot read the request: found ${error.message || "it malformed"}; see /v1/openapi.json`;
      return c.json({ error: httpError("BadRequest", message) }, error.status);
    }
    // Nobody hears the answer, and the stage that was cut short is no mistake of ours.
    if (c.req.raw.signal.aborted) return c.body(null, 408);
    const { status, error: body, retryAfter } = errorResponse(error);
    if (status === 500) failed(error);
    return c.json({ error: body }, status, retryAfter === undefined ? {} : { "retry-after": String(retryAfter) });
  };
}

function mountStage(app: OpenAPIHono, stage: Stage, options: AppOptions): void {
  const route = createRoute({
    method: "post",
    path: `/v1/stages/${stage.name}`,
    summary: stage.summary,
    tags: ["stages"],
    request: { body: { content: { "application/json": { schema: stage.input } }, required: true } },
    responses: {
      200: jsonResponse("References and numbers", stage.output),
      ...errorResponses(422, 501, 503),
    },
  });
  app.openapi(route, async (c) => {
    const input = c.req.valid("json" as never) as { readonly run: string };
    const { signal } = c.req.raw;
    const { usage, ...output } = "invoke" in options
      ? await options.invoke(stage.name as Parameters<Invoke>[0], input as never, signal)
      : await inSpan(
        `stage ${stage.name}`,
        { attributes: { "exitwave.run": input.run, "exitwave.stage": stage.name }, parent: c.req.header(TRACEPARENT) },
        () => runHere(stage, { input, signal, options }),
      );
    return c.json(output as never, 200, usage === undefined ? {} : { [USAGE_HEADER]: JSON.stringify(usage) });
  });
}

async function runHere(
  stage: Stage,
  { input, signal, options: { contextOf, keepLog = false, stageMeter } }: {
    readonly input: { readonly run: string };
    readonly signal: AbortSignal;
    readonly options: StagesHere;
  },
): Promise<{ readonly usage?: Usage }> {
  const call = { run: input.run, stage: stage.name };
  const context = contextOf(signal, call);
  const run = (context: StageContext) => stage.run(input, context) as Promise<object>;
  const work = (context: StageContext) => keepLog ? withCallLog(context, call, run) : run(context);
  if (stageMeter === undefined) return await work(context);
  const { output, usage } = await stageMeter.measure(stage.name, context, work);
  return { ...output, usage };
}

function httpError(tag: HttpError["tag"], message: string, fields: Record<string, unknown> = {}): HttpError {
  return { tag, message, fields, retry: false };
}
