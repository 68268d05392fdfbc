/** The page that shows the description of the API: what there is, what it takes, what it answers. Nothing is loaded from elsewhere. */

const METHODS = ["get", "post", "put", "patch", "delete"];

/** Schemas in schemas are shown so deep; what is deeper is only named. */
const DEPTH = 6;

const routes = document.getElementById("routes");

try {
  const response = await fetch("openapi.json");
  if (!response.ok) throw new Error(`found HTTP ${response.status}, expected the description`);
  show(await response.json());
} catch (error) {
  routes.replaceChildren(element("p", { class: "error" }, `Cannot show the API: ${error.message}`));
}

function show(description) {
  const { info, paths } = description;
  document.getElementById("version").textContent = info.version;
  document.getElementById("about").textContent = info.description ?? "";
  const sections = new Map();
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of METHODS) {
      const operation = operations[method];
      if (operation === undefined) continue;
      const tag = operation.tags?.[0] ?? "other";
      if (!sections.has(tag)) sections.set(tag, []);
      sections.get(tag).push(routeOf({ method, path, operation, description }));
    }
  }
  document.getElementById("tags").replaceChildren(
    ...[...sections.keys()].map((tag) => element("a", { href: `#${tag}` }, tag)),
  );
  routes.replaceChildren(
    ...[...sections].map(([tag, shown]) => element("section", { id: tag }, element("h2", {}, tag), ...shown)),
  );
  document.getElementById("filter").addEventListener(
    "input",
    ({ target }) => filter(target.value.trim().toLowerCase()),
  );
  // The sections are there only now.
  if (location.hash !== "") document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

function filter(words) {
  for (const section of routes.children) {
    let isShown = false;
    for (const route of section.querySelectorAll(".route")) {
      route.hidden = !route.dataset.words.includes(words);
      isShown ||= !route.hidden;
    }
    section.hidden = !isShown;
  }
}

function routeOf({ method, path, operation, description }) {
  const route = element(
    "details",
    { class: "route", "data-words": `${method} ${path} ${operation.summary ?? ""}`.toLowerCase() },
    element(
      "summary",
      {},
      element("span", { class: `method ${method}` }, method.toUpperCase()),
      element("code", {}, path),
      element("span", { class: "dim" }, operation.summary ?? ""),
    ),
  );
  // Schemas are long, and most are never looked at.
  route.addEventListener("toggle", () => {
    if (route.open && route.children.length === 1) route.append(partsOf(operation, description));
  });
  return route;
}

function partsOf(operation, description) {
  const parts = element("div");
  if (operation.description) parts.append(element("p", {}, operation.description));
  const parameters = operation.parameters ?? [];
  if (parameters.length > 0) {
    const rows = parameters.map((parameter) => {
      const { schema, ...rest } = resolved(parameter, description);
      const name = `${rest.name} in ${rest.in}`;
      return memberOf(name, { description: rest.description, ...schema }, { description, isRequired: rest.required });
    });
    parts.append(element("h3", {}, "Parameters"), element("ul", {}, ...rows));
  }
  const body = operation.requestBody;
  if (body !== undefined) parts.append(element("h3", {}, "Body"), ...contentOf(body.content, description));
  parts.append(element("h3", {}, "Answers"));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const { description: text, content } = resolved(answer, description);
    const isError = Number(status) >= 400;
    parts.append(element("p", {}, element("code", { class: isError ? "error" : "" }, status), ` ${text}`));
    if (content !== undefined && !isError) parts.append(...contentOf(content, description));
  }
  return parts;
}

function contentOf(content, description) {
  return Object.entries(content).flatMap(([type, { schema }]) => [
    element("p", { class: "dim" }, type),
    element("ul", {}, ...membersOf(schema, { description, depth: 0 })),
  ]);
}

/** The members of an object, or the schema itself if it is none. */
function membersOf(given, { description, depth }) {
  const schema = resolved(given, description);
  const required = new Set(schema.required ?? []);
  if (schema.properties === undefined) return [memberOf("", schema, { description, depth })];
  return Object.entries(schema.properties).map(([name, member]) => {
    return memberOf(name, member, { description, depth, isRequired: required.has(name) });
  });
}

function memberOf(name, given, { description, depth = 0, isRequired = false }) {
  const schema = resolved(given, description);
  const item = element(
    "li",
    {},
    name === "" ? "" : element("code", {}, name),
    element("span", { class: "dim" }, ` ${typeOf(schema, description)}${isRequired ? ", required" : ""}`),
    schema.description === undefined ? "" : ` — ${schema.description}`,
  );
  const inner = innerOf(schema, description);
  if (inner !== null && depth < DEPTH) {
    item.append(element("ul", {}, ...membersOf(inner, { description, depth: depth + 1 })));
  }
  return item;
}

/** An object in a schema: itself, the items of a list, or the one choice that is an object. */
function innerOf(schema, description) {
  const candidates = [schema, schema.items, schema.additionalProperties, ...schema.anyOf ?? [], ...schema.oneOf ?? []];
  const found = candidates.find((one) =>
    typeof one === "object" && resolved(one, description).properties !== undefined
  );
  return found ?? null;
}

function typeOf(given, description) {
  const schema = resolved(given, description);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return [...new Set(choices.map((choice) => typeOf(choice, description)))].join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (schema.type === "array") {
    const items = schema.prefixItems?.length
      ? `${schema.prefixItems.length} values`
      : typeOf(schema.items ?? {}, description);
    return `list of ${items}`;
  }
  const limits = [
    schema.minimum === undefined ? "" : ` from ${schema.minimum}`,
    schema.maximum === undefined ? "" : ` to ${schema.maximum}`,
    schema.default === undefined ? "" : `, ${JSON.stringify(schema.default)} if left out`,
    schema.unit === undefined ? "" : `, ${schema.unit}`,
  ];
  return `${[schema.type ?? "anything"].flat().join(" or ")}${schema.format ? ` (${schema.format})` : ""}${
    limits.join("")
  }`;
}

/** What a reference stands for. */
function resolved(value, description) {
  if (value?.$ref === undefined) return value ?? {};
  const { $ref, ...rest } = value;
  const found = $ref.split("/").slice(1).reduce((at, name) => at?.[name], description);
  return { ...resolved(found, description), ...rest };
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== "") made.setAttribute(key, value);
  made.append(...children);
  return made;
}
