/** The version of Exitwave. */

/** As in deno.json, which a test compares. */
export const VERSION = "0.1.0";
