import type { z } from "zod";
import type { JsonPath } from "./json-path.ts";

type Schema = z.core.$ZodType;

/** The members that a schema knows at a place of a value; none where anything goes. */
export function schemaNames(schema: Schema, path: JsonPath, root: unknown): readonly string[] {
  let here: Schema | undefined = bare(schema, root);
  let value = root;
  for (const step of path) {
    value = typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[step] : undefined;
    const below = here === undefined ? undefined : child(here, step);
    here = below === undefined ? undefined : bare(below, value);
  }
  const definition = here === undefined ? undefined : definitionOf(here);
  return definition?.type === "object" ? Object.keys(definition.shape) : [];
}

type Definition = z.core.$ZodTypes["_zod"]["def"];

function definitionOf(schema: Schema): Definition {
  return (schema as z.core.$ZodTypes)._zod.def;
}

function child(schema: Schema, step: string | number): Schema | undefined {
  const definition = definitionOf(schema);
  if (definition.type === "object") return definition.shape[step];
  if (definition.type === "record") return definition.valueType;
  if (definition.type === "array") return definition.element;
  return undefined;
}

/** Takes defaults and transforms off, and chooses the option of a union that the value's discriminator names. */
function bare(schema: Schema, value: unknown): Schema | undefined {
  const definition = definitionOf(schema);
  const { type } = definition;
  if (type === "default" || type === "prefault" || type === "optional" || type === "nullable") {
    return bare(definition.innerType, value);
  }
  if (type === "pipe") return bare(definition.in, value);
  if (type === "union") {
    return definition.options
      .map((option) => bare(option, value))
      .find((option) => option !== undefined && fits(option, value));
  }
  return schema;
}

function fits(option: Schema, value: unknown): boolean {
  const definition = definitionOf(option);
  if (definition.type !== "object" || typeof value !== "object" || value === null) return false;
  return Object.entries(definition.shape).every(([name, member]) => {
    const literal = definitionOf(member);
    return literal.type !== "literal" || literal.values.includes((value as Record<string, unknown>)[name] as string);
  });
}
