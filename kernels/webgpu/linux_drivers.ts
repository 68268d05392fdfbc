/** What graphics drivers on Linux want in the environment of a Deno process that asks for a GPU. */

const WANTED = {
  // The other back end, OpenGL, crashes now and then at exit.
  DENO_WEBGPU_BACKEND: "vulkan",
  // Drivers complain on the terminal without it; nothing is put there.
  XDG_RUNTIME_DIR: "/tmp",
};

/** Sets what nobody has set, before the first adapter is asked for. Does nothing on other systems. */
export function chooseLinuxDrivers(): void {
  if (Deno.build.os !== "linux") return;
  for (const [name, value] of Object.entries(WANTED)) {
    if (Deno.env.get(name) === undefined) Deno.env.set(name, value);
  }
}
