/** A disk that is soon full. Needs root to mount it. */

/** Runs `use` with a folder on a disk of its own, of 400 kB; false if there can be none. */
export async function onSmallDisk(use: (folder: string) => void | Promise<void>): Promise<boolean> {
  const folder = Deno.makeTempDirSync();
  try {
    const mount = new Deno.Command("mount", {
      args: ["-t", "tmpfs", "-o", "size=400k", "tmpfs", folder],
      stderr: "null",
    });
    if (!mount.outputSync().success) return false;
    try {
      await use(folder);
    } finally {
      new Deno.Command("umount", { args: ["-l", folder] }).outputSync();
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return false;
    throw error;
  } finally {
    Deno.removeSync(folder);
  }
}
