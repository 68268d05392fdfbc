/** Kinds of parameters that the loaders of particular instruments repeat. */

import { z } from "zod";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

/** A text that need not be given. */
export function maybeText(description: string): z.ZodPrefault<z.ZodNullable<z.ZodString>> {
  return z.string().nullable().prefault(null).meta({ description });
}

/** A text with a default. */
export function text(preset: string, description: string): z.ZodPrefault<z.ZodString> {
  return z.string().prefault(preset).meta({ description });
}

/** A whole number that need not be given. */
export function maybeInt(description: string): z.ZodPrefault<z.ZodNullable<z.ZodInt>> {
  return z.int().nullable().prefault(null).meta({ description });
}

/** A switch with a default. */
export function flag(preset: boolean, description: string): z.ZodPrefault<z.ZodBoolean> {
  return z.boolean().prefault(preset).meta({ description });
}

/** From which count on a pixel is saturated. */
export function saturation(): z.ZodPrefault<z.ZodNullable<z.ZodNumber>> {
  return z.number().min(0).nullable().prefault(null).meta({
    ours: true,
    description:
      "Pixels with so many counts or more are masked; None for what detectors write where they cannot count, 2^16-1 or 2^32-1 in data of so many bits; 0 for none",
  });
}

/** Names of motors, with a default. */
export function motors(preset: string[]): z.ZodPrefault<z.ZodArray<z.ZodString>> {
  return z.array(z.string()).prefault(preset).meta({ types: ["list"], description: "Motors that move the sample" });
}

/** Factor from motor units to metres, with a default. */
export function motorsMultiplier(preset: number): z.ZodPrefault<z.ZodNumber> {
  return z.number().prefault(preset).meta({ description: "Factor that turns motor positions into metres" });
}

/** `auto_center` of instruments whose optical axis is known. */
export const NO_AUTO_CENTER = redefault(PTY_SCAN_SHAPE.auto_center, false);

/** `energy` of instruments whose files or recipes give it otherwise. */
export const NO_ENERGY = redefault(PTY_SCAN_SHAPE.energy, null);

/** `energy` with another default. */
export function energy(preset: number): typeof PTY_SCAN_SHAPE.energy {
  return redefault(PTY_SCAN_SHAPE.energy, preset);
}

/** `orientation` with another default. */
export function orientation(preset: [boolean, boolean, boolean]): typeof PTY_SCAN_SHAPE.orientation {
  return redefault(PTY_SCAN_SHAPE.orientation, preset);
}

/** A parameter with another default and everything else as it was. */
export function redefault<T extends z.ZodType>(schema: z.ZodPrefault<T>, preset: z.input<T>): z.ZodPrefault<T> {
  const meta = schema.meta() ?? {};
  return z.prefault(schema.unwrap(), preset).meta(meta);
}
