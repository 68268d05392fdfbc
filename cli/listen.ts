/** Answering requests at the address of a configuration, until the command is interrupted. */

import { DataError } from "../core/errors.ts";
import type { ServerConfig } from "../functions/server_config.ts";
import type { CliIo } from "./command.ts";

/** Who answers. */
export interface Answers {
  answer(request: Request): Response | Promise<Response>;
  /** Is told where, such as `http://127.0.0.1:8642`, once it listens. */
  listening?(address: string): void;
  /** Is asked to bring what is in hand to its end, before the address is given up. */
  drain?(): Promise<void>;
}

/** Listens, says where on standard output, and answers. @throws {DataError} if the address cannot be had */
export async function listen(
  { answer, listening = () => {}, drain = () => Promise.resolve() }: Answers,
  { io, config: { listen: { host, port } } }: { readonly io: CliIo; readonly config: ServerConfig },
): Promise<void> {
  const onListen = ({ hostname, port }: Deno.NetAddr) => {
    const address = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
    io.out(`${address}\n`);
    listening(address);
  };
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({ hostname: host, port, onListen }, answer);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse || cause instanceof Deno.errors.AddrNotAvailable)) throw cause;
    const message = `Cannot listen on ${host}:${port}: found ${cause.message}, expected an address of this machine ` +
      "that is free; choose another listen.port";
    throw new DataError(message, { host, port }, cause);
  }
  io.catchInterrupts?.(["SIGINT", "SIGTERM"]);
  const stop = () => void drain().finally(() => server.shutdown());
  if (io.signal.aborted) stop();
  io.signal.addEventListener("abort", stop);
  await server.finished;
}
