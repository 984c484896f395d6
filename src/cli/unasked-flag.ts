import { nearestName } from "../config/nearest-name.ts";

/** A sentence for a flag that no route asks for, which is most likely mistyped; undefined where one does. */
export function unaskedFlag(name: string, routes: readonly { flag?: string | null | undefined }[]): string | undefined {
  const asked = new Set(routes.flatMap(({ flag }) => flag ?? []));
  if (asked.has(name)) return undefined;
  const meant = nearestName(name, asked);
  return `No route asks for the flag ${name}, so this changes nothing.${meant === undefined ? "" : ` Did you mean ${meant}?`}`;
}
