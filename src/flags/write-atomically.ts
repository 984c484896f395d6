import { randomUUID } from "node:crypto";
import { chown, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A mount point, another file system, a folder that this user may not write to. */
const IN_PLACE = new Set(["EBUSY", "EXDEV", "EACCES", "EPERM"]);

/**
 * Replaces a file so that a reader sees all of the former text or all of the new one. A link is followed; the file's mode is
 * kept, and its owner where this user may. Where no file can be made beside it or renamed onto it, as with one that is mounted
 * into a container by itself, it is written in place.
 */
export async function writeAtomically(path: string, text: string, defaultMode = 0o644): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const former = await stat(target).catch(() => undefined);
  const mode = former === undefined ? defaultMode : former.mode & 0o777;
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, text, { mode, flag: "wx" });
    if (former !== undefined) await chown(temporary, former.uid, former.gid).catch(() => undefined);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    if (!IN_PLACE.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await writeFile(target, text);
  }
}
