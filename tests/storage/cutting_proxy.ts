/** A connection in front of a server on loopback that a test can cut or freeze at any byte. */

/** Where a connection is. */
export interface Passage {
  /** 0 for the first connection. */
  readonly connection: number;
  /** To the server, or from it. */
  readonly direction: "up" | "down";
  /** Bytes that went this way in this connection, with the piece that is passing. */
  readonly bytes: number;
}

/** A running proxy. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** Asked for each piece; true cuts the connection before the piece is passed on. */
  cut: (passage: Passage) => boolean;
  /** Asked likewise; true passes on nothing more, but keeps the connection. */
  freeze: (passage: Passage) => boolean;
  /** How many connections were cut. */
  readonly cuts: number;
}

/** Starts a proxy in front of `port`. */
export function startCuttingProxy(port: number): CuttingProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const proxy = { port: listener.addr.port, cut: (_: Passage) => false, freeze: (_: Passage) => false, cuts: 0 };
  let connections = 0;

  const close = (...ends: Deno.Conn[]): void => {
    for (const end of ends) if (open.delete(end)) end.close();
  };
  const pass = async (from: Deno.Conn, to: Deno.Conn, place: Omit<Passage, "bytes">): Promise<void> => {
    const buffer = new Uint8Array(1 << 16);
    let bytes = 0;
    let isFrozen = false;
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        bytes += count;
        isFrozen ||= proxy.freeze({ ...place, bytes });
        if (isFrozen) continue;
        if (proxy.cut({ ...place, bytes })) {
          proxy.cuts++;
          break;
        }
        for (let done = 0; done < count;) done += await to.write(buffer.subarray(done, count));
      }
    } catch {
      // Closed by either side.
    }
    close(from, to);
  };
  const serve = (async () => {
    const passing: Promise<void>[] = [];
    for await (const client of listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
      if (server === null) {
        client.close(); // The server is down: who speaks to it through us sees that.
        continue;
      }
      open.add(client).add(server);
      const connection = connections++;
      passing.push(pass(client, server, { connection, direction: "up" }));
      passing.push(pass(server, client, { connection, direction: "down" }));
    }
    await Promise.all(passing);
  })();
  return Object.assign(proxy, {
    async [Symbol.asyncDispose]() {
      listener.close();
      close(...open);
      await serve.catch(() => {}); // Ends by the closed listener.
    },
  });
}
