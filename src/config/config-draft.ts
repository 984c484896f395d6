import { z } from "zod";
import { configSchema } from "./schema.ts";
import type { AdminConfig, ListenConfig } from "./schema/listen.ts";
import { type IdentityConfig, identitySchema } from "./schema/identity.ts";
import type { FlagsConfig } from "./schema/flags.ts";
import { type RouteConfig, routeFields } from "./schema/routes.ts";
import type { UpstreamConfig } from "./schema/upstreams.ts";
import { upstreamSchema } from "./schema/upstreams.ts";
import { isAtOrBelow, type JsonPath, pathKey } from "./json-path.ts";

/**
 * What of a configuration can be relied on while parts of it are wrong: rules look at this, so that one mistake does not hide
 * another, and say nothing of what is in doubt, so that one mistake is not reported twice.
 */
export interface ConfigDraft {
  /** The text as written at a place, where it read the environment. */
  readonly templateAt: (path: JsonPath) => string | undefined;
  readonly listen: ListenConfig | undefined;
  readonly admin: AdminConfig | undefined;
  /** Every upstream that is named; undefined when the section cannot be read at all. */
  readonly upstreams: ReadonlyMap<string, Partial<UpstreamConfig>> | undefined;
  readonly session: IdentityConfig["session"] | undefined;
  readonly flags: FlagsConfig | undefined;
  readonly routes: readonly RouteDraft[];
}

export interface RouteDraft {
  readonly index: number;
  /** The members that are right. A member that is absent and not in doubt is not there. */
  readonly fields: Partial<RouteConfig>;
  /** The members that are there but wrong, or that a misspelt name probably stands for. */
  readonly doubtful: ReadonlySet<string>;
}

/** Whether a route's members are all to be relied on. */
export function isCertain(route: RouteDraft, ...names: readonly (keyof RouteConfig)[]): boolean {
  return names.every((name) => !route.doubtful.has(name));
}

/** `doubts`: the places that the schema or the environment has something to say about, or that a misspelt name stands for. */
export function draftConfig(
  root: unknown,
  doubts: readonly JsonPath[],
  templates: ReadonlyMap<string, string>,
): ConfigDraft {
  const object = asObject(root);
  const isSound = (...path: JsonPath): boolean => !doubts.some((doubt) => isAtOrBelow(doubt, path));
  const section = <T>(schema: z.ZodType<T>, ...path: [string, ...string[]]): T | undefined => {
    if (!isSound(...path)) return undefined;
    const value = path.reduce<unknown>((value, name) => asObject(value)?.[name], object);
    return schema.safeParse(value).data;
  };
  const { listen, admin, flags } = configSchema.shape;
  const routes = object?.["routes"];
  return {
    templateAt: (path) => templates.get(pathKey(path)),
    listen: section(listen, "listen"),
    admin: section(admin, "admin"),
    upstreams: draftUpstreams(object?.["upstreams"], isSound),
    session: section(identitySchema.shape.session, "identity", "session"),
    flags: section(flags, "flags"),
    routes: Array.isArray(routes) ? routes.flatMap((route, index) => draftRoute(route, index, isSound)) : [],
  };
}

function draftUpstreams(value: unknown, isSound: (...path: JsonPath) => boolean): ConfigDraft["upstreams"] {
  const object = asObject(value);
  if (object === undefined) return undefined;
  const entries = Object.entries(object).map(([name, upstream]) => {
    const { fields } = soundFields(upstreamSchema.shape, asObject(upstream) ?? {}, (field) =>
      isSound("upstreams", name, field),
    );
    return [name, fields] as const;
  });
  return new Map(entries);
}

function draftRoute(value: unknown, index: number, isSound: (...path: JsonPath) => boolean): RouteDraft[] {
  const object = asObject(value);
  if (object === undefined) return [];
  const { fields, doubtful } = soundFields(routeFields.shape, object, (field) => isSound("routes", index, field));
  return [{ index, fields, doubtful }];
}

function soundFields(shape: z.core.$ZodShape, object: Record<string, unknown>, isSound: (name: string) => boolean) {
  const fields: Record<string, unknown> = {};
  const doubtful = new Set<string>();
  for (const [name, schema] of Object.entries(shape)) {
    if (!isSound(name)) {
      doubtful.add(name);
      continue;
    }
    const parsed = z.safeParse(schema, object[name]);
    if (parsed.success && parsed.data !== undefined) fields[name] = parsed.data;
  }
  return { fields, doubtful };
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
