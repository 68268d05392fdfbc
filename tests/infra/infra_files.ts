/** The files of infra/ as values, and the commands in them that start processes of Exitwave. */

import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";

/** The repository's top folder. */
export const ROOT = join(import.meta.dirname!, "../..");

/** Any YAML that a test looks into. */
export type AnyYaml = ReturnType<typeof JSON.parse>;

/** A file's text. */
export function textOf(path: string): string {
  return Deno.readTextFileSync(join(ROOT, path));
}

/** Names of the files of a folder, sorted. */
export function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(join(ROOT, folder))].map(({ name }) => `${folder}/${name}`).sort();
}

/** Every Kubernetes object, by file and name. */
export function kubernetesObjects(): { readonly where: string; readonly object: AnyYaml }[] {
  return filesIn("infra/kubernetes").flatMap((file) =>
    parseAllDocuments(textOf(file)).map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      const object = document.toJS();
      return { where: `${file}: ${object.kind} ${object.metadata.name}`, object };
    })
  );
}

/** The compose file, with what is written once for several services in its places. */
export function composeFile(): AnyYaml {
  return parse(textOf("infra/compose/compose.yaml"), { merge: true });
}

/** An instruction of a Dockerfile. */
export interface Instruction {
  readonly name: string;
  readonly value: string;
}

/** The instructions of a Dockerfile whose instructions are a line each. */
export function instructionsOf(dockerfile: string): Instruction[] {
  return textOf(dockerfile).split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
    const [name, ...rest] = line.split(" ");
    return { name: name!, value: rest.join(" ") };
  });
}

/** A command that starts a process of Exitwave. */
export interface StartCommand {
  readonly where: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The text of /etc/exitwave/server.yaml. */
  readonly config: string;
}

/** All of them. */
export function startCommands(): StartCommand[] {
  const lines = (file: string, name: string): string[] =>
    JSON.parse(instructionsOf(file).findLast((instruction) => instruction.name === name)!.value);
  const images = DOCKERFILES.map((file) => ({
    where: file,
    command: [...lines(file, "ENTRYPOINT"), ...lines(file, "CMD")],
    config: "{ listen: { host: 0.0.0.0, port: 8642 }, data_root: /data, state: /state, " +
      "access: { tokens: /etc/exitwave/tokens.json } }",
  }));
  const services: [string, AnyYaml][] = Object.entries(composeFile().services);
  const composed = services.filter(([, { image }]) => isOurs(image)).map(([name, { entrypoint, command }]) => {
    const config = textOf("infra/compose/server.yaml");
    return { where: `compose: ${name}`, command: [...entrypoint, ...command], config };
  });
  const objects = kubernetesObjects();
  const config = objects.find(({ object }) => object.kind === "ConfigMap")!.object.data["server.yaml"];
  const pods = objects.flatMap(({ where, object }) =>
    (object.spec?.template?.spec.containers ?? []).filter(({ image }: AnyYaml) => isOurs(image))
      .map(({ command, args }: AnyYaml) => ({ where, command: [...command, ...args], config }))
  );
  return [...images, ...composed, ...pods];
}

/** The Dockerfiles. */
export const DOCKERFILES = ["infra/containers/Dockerfile", "infra/containers/Dockerfile.gpu"];

/** Whether an image is one of those that the Dockerfiles make. */
export function isOurs(image: string): boolean {
  return /(^|\/)exitwave(-gpu)?:/.test(image);
}
