import { z } from "zod";
import { configSchema } from "../../src/config/schema.ts";

export type SchemaNode = z.core.JSONSchema.BaseSchema;

/** The schema of routes.json as zod gives it: of what is written, not of what is made of it. */
export function configJsonSchema(): SchemaNode {
  // Draft 7 is what editors know best.
  return z.toJSONSchema(configSchema, { io: "input", target: "draft-7" });
}

const FROM_ENVIRONMENT = { $ref: "#/definitions/fromEnvironment" };

/** The schema for editors: wherever a value has a form, a `${NAME}` that is replaced at load is as good. */
export function publishedSchema(): SchemaNode {
  const root = tolerate(configJsonSchema());
  return {
    ...root,
    title: "figway routes.json",
    description:
      "The configuration of a figway gateway. Generated from src/config/schema.ts; docs/configuration.md explains it.",
    definitions: {
      fromEnvironment: {
        type: "string",
        pattern: "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}",
        description: "Read from the environment: ${NAME} or ${NAME:-default}.",
      },
    },
  };
}

function tolerate(node: SchemaNode): SchemaNode {
  const { properties, items, additionalProperties, anyOf, oneOf } = node;
  const changed: SchemaNode = { ...withoutSafeIntegerBounds(node) };
  if (properties !== undefined) changed.properties = mapValues(properties, tolerateAny);
  if (items !== undefined && !Array.isArray(items)) changed.items = tolerateAny(items);
  if (typeof additionalProperties === "object") changed.additionalProperties = tolerateAny(additionalProperties);
  if (anyOf !== undefined) changed.anyOf = anyOf.map((option) => tolerateAny(option));
  if (oneOf !== undefined) changed.oneOf = oneOf.map((option) => tolerateAny(option));
  return hasForm(node) ? orFromEnvironment(changed) : changed;
}

function tolerateAny<T>(node: T): T {
  return typeof node === "object" && node !== null ? (tolerate(node as SchemaNode) as T) : node;
}

function hasForm({ type, pattern, format, enum: choices }: SchemaNode): boolean {
  const isOther = type === "integer" || type === "number" || type === "boolean";
  return isOther || pattern !== undefined || format !== undefined || choices !== undefined;
}

function orFromEnvironment({ description, default: byDefault, examples, ...form }: SchemaNode): SchemaNode {
  return {
    ...(description === undefined ? {} : { description }),
    ...(byDefault === undefined ? {} : { default: byDefault }),
    ...(examples === undefined ? {} : { examples }),
    anyOf: [form, FROM_ENVIRONMENT],
  };
}

/** zod states the range of whole numbers that JavaScript can hold; nobody needs to read that. */
function withoutSafeIntegerBounds({ minimum, maximum, ...node }: SchemaNode): SchemaNode {
  return {
    ...node,
    ...(minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? {} : { maximum }),
  };
}

function mapValues<T>(record: Record<string, T>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
