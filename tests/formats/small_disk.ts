/** A disk so small that it can be filled. Needs root to mount. */

/** A mounted disk, until it is disposed of. */
export interface SmallDisk extends Disposable {
  readonly folder: string;
}

/** Mounts a disk of a size such as `400k` in a folder of its own; null if there can be none. */
export function mountSmallDisk(size: string): SmallDisk | null {
  const folder = Deno.makeTempDirSync();
  try {
    const args = ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder];
    if (new Deno.Command("mount", { args, stderr: "null" }).outputSync().success) {
      return {
        folder,
        [Symbol.dispose]() {
          new Deno.Command("umount", { args: ["-l", folder] }).outputSync();
          Deno.removeSync(folder);
        },
      };
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable)) throw error;
  }
  Deno.removeSync(folder);
  return null;
}
