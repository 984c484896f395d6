import { z } from "zod";
import type { JsonObject, JsonValue } from "../model/json.ts";
import { type Config, configSchema } from "./schema.ts";

type SchemaNode = z.core.JSONSchema.BaseSchema;

let published: SchemaNode | undefined;

/**
 * A configuration fit to be shown: what the schema marks as `writeOnly` is replaced, and so are the credentials in addresses.
 */
export function redactConfig(config: Config): JsonObject {
  published ??= z.toJSONSchema(configSchema, { io: "input" });
  return redact(config as unknown as JsonValue, [published]) as JsonObject;
}

const HIDDEN = "[secret]";

function redact(value: JsonValue, alternatives: readonly SchemaNode[]): JsonValue {
  const nodes = alternatives.flatMap((node) => [node, ...subschemas(node.anyOf), ...subschemas(node.oneOf)]);
  if (nodes.some((node) => node.writeOnly === true)) return HIDDEN;
  if (typeof value === "string") return value.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, `$1${HIDDEN}@`);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value))
    return value.map((element: JsonValue) =>
      redact(
        element,
        nodes.flatMap((node) => subschemas(node.items)),
      ),
    );
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      redact(
        member,
        nodes.flatMap((node) => subschemas(node.properties?.[name] ?? node.additionalProperties)),
      ),
    ]),
  );
}

function subschemas(found: unknown): SchemaNode[] {
  const list: unknown[] = Array.isArray(found) ? found : [found];
  return list.filter((node): node is SchemaNode => typeof node === "object" && node !== null);
}
