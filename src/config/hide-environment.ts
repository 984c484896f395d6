import type { Interpolation } from "./environment.ts";
import { valueAt } from "./json-path.ts";

/**
 * Rules quote ids, paths and names. Where such a value came from the environment, the sentence shows how it is written in the
 * file instead: nobody can tell which of them is a secret.
 */
export function hideEnvironment(
  sentence: string,
  { value, templates }: Pick<Interpolation, "value" | "templates">,
): string {
  if (!sentence.includes('"')) return sentence;
  let hidden = sentence;
  for (const [key, template] of templates) {
    const text = valueAt(value, JSON.parse(key) as (string | number)[]);
    if (typeof text === "string" && text !== "") hidden = hidden.replaceAll(`"${text}"`, `"${template}"`);
  }
  return hidden;
}
