/** Parameters of everything that is read, written, saved and shown: `ptycho.io`. */

import { z } from "zod";
import { clientParams, serverParams } from "./interaction.ts";
import { orSwitch } from "./values.ts";

const interaction = z.strictObject({
  active: z.boolean().prefault(true).meta({ description: "Whether there is any interaction at all" }),
  server: serverParams.prefault({}).meta({
    link: "io.interaction.server",
    description: "The server's end of the interaction",
  }),
  client: clientParams.prefault({}).meta({
    link: "io.interaction.client",
    description: "The client's end of the interaction",
  }),
});

const autosave = z.strictObject({
  active: z.boolean().prefault(true).meta({ description: "Whether intermediate results are saved" }),
  interval: z.int().min(-1).prefault(10).meta({
    description: "An intermediate result is saved every so many iterations; none if 0 or -1",
  }),
  rfile: z.string().min(1).prefault("dumps/%(run)s/%(run)s_%(engine)s_%(iterations)04d.ptyr").meta({
    description: "Name of the intermediate file, a pattern that may name run, engine, iteration, iterations",
  }),
});

const autoplot = z.strictObject({
  active: z.boolean().prefault(true).meta({ description: "Whether the reconstruction is shown while it runs" }),
  imfile: z.string().min(1).prefault("plots/%(run)s/%(run)s_%(engine)s_%(iterations)04d.png").meta({
    description: "Name of the picture files, a pattern that may name run, engine, iteration, iterations",
  }),
  interval: z.int().min(-1).prefault(1).meta({ description: "Iterations between two pictures; none if 0 or -1" }),
  threaded: z.boolean().prefault(true).meta({
    description: "Whether pictures are drawn beside the reconstruction instead of in between its iterations",
  }),
  layout: z.string().min(1).prefault("default").meta({ description: "Name of the arrangement of panels" }),
  dump: z.boolean().prefault(false).meta({ description: "Whether every picture is also written to `imfile`" }),
  make_movie: z.boolean().prefault(false).meta({
    description: "Whether a movie is made of the written pictures at the end",
  }),
});

/** Parameters of `ptycho.io`. */
export const ioParams = z.strictObject({
  home: z.string().min(1).prefault("./").meta({
    description: "Folder from which all relative paths in the tree start",
  }),
  rfile: z.string().min(1).nullable().prefault("recons/%(run)s/%(run)s_%(engine)s_%(iterations)04d.ptyr").meta({
    description:
      "Name of the result file, a pattern that may name run, engine, iteration, iterations; None to write no result",
  }),
  interaction: orSwitch(interaction, (on) => ({ active: on })).prefault({}).meta({
    types: ["Param"],
    description: "Talking to a running reconstruction over ZeroMQ; None or `false` for not at all",
  }),
  autosave: orSwitch(autosave, (on) => ({ active: on })).prefault({}).meta({
    types: ["Param"],
    description: "Saving intermediate results; None or `false` for not at all",
  }),
  autoplot: orSwitch(autoplot, (on) => ({ active: on })).prefault({}).meta({
    types: ["Param"],
    description: "Showing the reconstruction while it runs; None or `false` for not at all",
  }),
});

/** Parameters of `ptycho.io`, parsed. */
export type IoParams = z.infer<typeof ioParams>;
