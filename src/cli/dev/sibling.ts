import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** The path of a module beside this one: `.ts` in a checkout, `.js` in what was built from it. */
export function siblingModule(name: string): string {
  return fileURLToPath(new URL(`./${name}${extname(fileURLToPath(import.meta.url))}`, import.meta.url));
}

/** The folder of figway itself: two levels above `cli/`, in src/ as in dist/. */
export const packageRoot: string = fileURLToPath(new URL("../../../", import.meta.url));
