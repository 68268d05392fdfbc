/** Parameters of the two ends of the interaction over ZeroMQ. */

import { z } from "zod";

const ADDRESS = z.string().prefault("tcp://127.0.0.1").meta({
  description: "Network address at which the server listens, as a ZeroMQ end point without the port",
});
const PORT = z.int().prefault(5560).meta({ description: "Port of the server's first socket; more are taken above it" });

/** Parameters of the server: the reconstruction. */
export const serverParams = z.strictObject({
  active: z.boolean().prefault(true).meta({ description: "Whether the server is started" }),
  address: ADDRESS,
  port: PORT,
  connections: z.int().prefault(10).meta({
    description: "How many clients may be connected at once, each on one of the ports above `port`",
  }),
  poll_timeout: z.number().prefault(10).meta({ description: "Longest wait for a message in one turn", unit: "ms" }),
  pinginterval: z.number().prefault(2).meta({
    description: "Time between two checks for clients that fell silent",
    unit: "s",
  }),
  pingtimeout: z.number().prefault(10).meta({ description: "Silence after which a client is dropped", unit: "s" }),
}).meta({ description: "The server's end of the interaction, in the process that reconstructs" });

/** Parameters of the client: the one who watches. */
export const clientParams = z.strictObject({
  address: ADDRESS,
  port: PORT,
  poll_timeout: z.number().prefault(100).meta({ description: "Longest wait for a message in one turn", unit: "ms" }),
  pinginterval: z.number().prefault(1).meta({ description: "Time between two signs of life to the server", unit: "s" }),
  connection_timeout: z.number().prefault(3_600_000).meta({
    description: "Time without an answer after which the server counts as lost",
    unit: "ms",
  }),
}).meta({ description: "The client's end of the interaction, in the process that watches" });
