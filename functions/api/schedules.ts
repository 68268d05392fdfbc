/** Schedules over HTTP: make, list, look, change, enable, forget; their next times and what they started. */

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { callerOf } from "../guard/roles.ts";
import { errorResponses, jsonResponse } from "./responses.ts";
import type { ScheduleService } from "./schedule_service.ts";
import { NEW_SCHEDULE, SCHEDULE_BODY, SCHEDULE_ID, SCHEDULE_START, SCHEDULE_VIEW } from "./schedule_shape.ts";

const TAGS = ["schedules"];
const PATH = "/v1/schedules/{id}";
const ID = z.strictObject({ id: SCHEDULE_ID });
const ONE = { 200: jsonResponse("The schedule as it stands", SCHEDULE_VIEW), ...errorResponses(404, 422, 503) };

const ADD = createRoute({
  method: "post",
  path: "/v1/schedules",
  summary: "Makes a schedule that starts runs by time or for new files; the same one again is harmless",
  tags: TAGS,
  request: { body: body(NEW_SCHEDULE) },
  responses: { 201: jsonResponse("It is there", SCHEDULE_VIEW), ...errorResponses(400, 409, 422, 501, 503) },
});

const LIST = createRoute({
  method: "get",
  path: "/v1/schedules",
  summary: "Lists schedules in the order of their ids",
  tags: TAGS,
  request: { query: z.strictObject({}) },
  responses: {
    200: jsonResponse("All schedules", z.strictObject({ schedules: z.array(SCHEDULE_VIEW) })),
    ...errorResponses(422, 503),
  },
});

const VIEW = createRoute({
  method: "get",
  path: PATH,
  summary: "Says how a schedule stands",
  tags: TAGS,
  request: { params: ID },
  responses: ONE,
});

const REPLACE = createRoute({
  method: "put",
  path: PATH,
  summary: "Gives a schedule another content; what it started stays and does not start again",
  tags: TAGS,
  request: { params: ID, body: body(SCHEDULE_BODY) },
  responses: { ...ONE, ...errorResponses(400, 501) },
});

const ENABLE = createRoute({
  method: "patch",
  path: PATH,
  summary: "Enables or disables a schedule; what happens while it is disabled does not count",
  tags: TAGS,
  request: { params: ID, body: body(z.strictObject({ enabled: z.boolean() })) },
  responses: { ...ONE, ...errorResponses(400) },
});

const REMOVE = createRoute({
  method: "delete",
  path: PATH,
  summary: "Forgets a schedule; its runs go on",
  tags: TAGS,
  request: { params: ID },
  responses: { 204: { description: "It is gone" }, ...errorResponses(404, 422, 503) },
});

const NEXT = createRoute({
  method: "get",
  path: `${PATH}/next`,
  summary: "The next times at which a schedule is due; none for files, and while it is disabled",
  tags: TAGS,
  request: {
    params: ID,
    query: z.strictObject({
      count: z.coerce.number().pipe(z.int().min(1).max(1000)).default(5).meta({ description: "How many times" }),
    }),
  },
  responses: {
    200: jsonResponse("Times, earliest first", z.strictObject({ next: z.array(z.iso.datetime()) })),
    ...errorResponses(404, 422, 503),
  },
});

const STARTS = createRoute({
  method: "get",
  path: `${PATH}/runs`,
  summary: "What a schedule started, and what it did not start and why, latest first",
  tags: TAGS,
  request: {
    params: ID,
    query: z.strictObject({
      limit: z.coerce.number().pipe(z.int().min(1).max(1000)).default(100).meta({ description: "Most to list" }),
    }),
  },
  responses: {
    200: jsonResponse("Starts", z.strictObject({ starts: z.array(SCHEDULE_START) })),
    ...errorResponses(404, 422, 503),
  },
});

/** Adds the routes of schedules to an application. */
export function mountSchedules(app: OpenAPIHono, schedules: ScheduleService): void {
  app.openapi(ADD, async (c) => {
    const view = await schedules.add(c.req.valid("json"), callerOf(c)?.name ?? null);
    return c.json(view, 201, { location: `/v1/schedules/${view.id}` });
  });
  app.openapi(LIST, async (c) => c.json({ schedules: await schedules.list() }, 200));
  app.openapi(VIEW, async (c) => c.json(await schedules.view(c.req.valid("param").id), 200));
  app.openapi(REPLACE, async (c) => {
    return c.json(await schedules.replace(c.req.valid("param").id, c.req.valid("json")), 200);
  });
  app.openapi(ENABLE, async (c) => {
    return c.json(await schedules.enable(c.req.valid("param").id, c.req.valid("json").enabled), 200);
  });
  app.openapi(REMOVE, async (c) => {
    await schedules.remove(c.req.valid("param").id);
    return c.body(null, 204);
  });
  app.openapi(NEXT, async (c) => {
    const times = await schedules.next(c.req.valid("param").id, c.req.valid("query").count);
    return c.json({ next: times.map((time) => time.toISOString()) }, 200);
  });
  app.openapi(STARTS, async (c) => {
    return c.json({ starts: await schedules.starts(c.req.valid("param").id, c.req.valid("query").limit) }, 200);
  });
}

function body<T extends z.ZodType>(schema: T) {
  return { content: { "application/json": { schema } }, required: true } as const;
}
