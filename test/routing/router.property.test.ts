import { posix } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createRouter } from "../../src/routing/router.ts";
import { mostSpecific, naiveMatch, naivePathMatch } from "./naive-match.ts";
import { idOf, requestFor, routeOf } from "./route-of.ts";

const segment = fc.constantFrom("a", "b", "orders", "admin");
const path = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: segment }, { weight: 1, arbitrary: fc.constant(":") }), { maxLength: 4 }),
    fc.boolean(),
  )
  .map(([parts, isOpen]) => {
    const named = parts.map((part, index) => (part === ":" ? `:p${index}` : part));
    return `/${[...named, ...(isOpen ? ["*"] : [])].join("/")}`;
  });
const wanted = fc.dictionary(
  fc.constantFrom("x", "y"),
  fc.oneof(fc.constantFrom("1", "2"), fc.constant(true as const)),
  { minKeys: 1, maxKeys: 2 },
);
const conditions = fc.record(
  {
    path,
    methods: fc.uniqueArray(fc.constantFrom("GET", "POST", "HEAD"), { minLength: 1 }),
    host: fc.constantFrom("shop.test", "*.test", "*.eu.test", "a.eu.test"),
    query: wanted,
    headers: wanted,
  },
  { requiredKeys: ["path"] },
);
const routeList = fc
  .array(fc.oneof({ weight: 2, arbitrary: fc.record({ path }) }, { weight: 1, arbitrary: conditions }), {
    maxLength: 12,
  })
  .map((list) => list.map((route, index) => routeOf({ id: `r${index}`, ...route })));

const plainRequest = fc
  .record({
    parts: fc.array(fc.oneof(segment, fc.constantFrom("7", "x-y")), { maxLength: 5 }),
    slash: fc.constantFrom("", "/"),
    query: fc.constantFrom("", "?", "?x=1", "?y=2&x=2", "?z=1&y=1", "?x"),
    method: fc.constantFrom("GET", "POST", "HEAD", "OPTIONS"),
    host: fc.constantFrom("shop.test", "SHOP.test:80", "a.eu.test", "eu.test", "other"),
    headers: fc.constantFrom([], ["X", "1"], ["Y", "2", "x", "2"], ["z", "1"]),
  })
  .map(({ parts, slash, query, ...rest }) =>
    requestFor(`/${parts.join("/")}${parts.length > 0 ? slash : ""}${query}`, rest),
  );

const oddPart = fc.constantFrom(
  ..."a orders ORDERS admin Admin 7 x %2f %2F %252f .. . %2e%2e %2E . %252e %5c \\ ; ;x=1 ;a/b %3b %00 %25 %61 %2561 %6frders %3f # % %zz %c3%a9 \xc3\xa9 %c0%af %u002f + é".split(
    " ",
  ),
);
const oddPath = fc
  .array(fc.tuple(oddPart, fc.constantFrom("/", "/", "", "//")), { maxLength: 6 })
  .map((parts) => `/${parts.map(([part, end]) => part + end).join("")}`);

it("takes for a plain request the route that the naive reading of the rules takes", () => {
  fc.assert(
    fc.property(routeList, plainRequest, (routes, request) => {
      expect(idOf(createRouter(routes).match(request))).toBe(naiveMatch(routes, request));
    }),
    { numRuns: 4_000 },
  );
});

it("never depends on the order of the routes, whatever the path", () => {
  const shuffled = routeList.chain((routes) =>
    fc.tuple(fc.constant(routes), fc.shuffledSubarray(routes, { minLength: routes.length })),
  );
  fc.assert(
    fc.property(shuffled, oddPath, plainRequest, ([routes, others], target, plain) => {
      const [one, other] = [createRouter(routes), createRouter(others)];
      expect(idOf(other.match(requestFor(target)))).toBe(idOf(one.match(requestFor(target))));
      expect(idOf(other.match(plain))).toBe(idOf(one.match(plain)));
    }),
    { numRuns: 2_000 },
  );
});

/** How servers are known to read a path, each written down without a look at src/routing. undefined: they answer 400. */
const servers: Readonly<Record<string, (path: string) => string | undefined>> = {
  "as sent": (path) => path,
  "case ignored": (path) => path.toLowerCase(),
  "decoded (a servlet filter that forgets the rest)": decode,
  "decoded twice": (path) => then(decode(path), decode),
  "WHATWG URL": (path) => pathnameOf(path),
  "WHATWG URL, decoded": (path) => then(pathnameOf(path), decode),
  "WHATWG URL, decoded, case ignored": (path) => then(pathnameOf(path), decode)?.toLowerCase(),
  "posix.normalize": (path) => posix.normalize(path),
  "nginx: decoded, slashes merged, dots resolved": (path) => then(decode(path), posix.normalize),
  "Tomcat: parameters cut, decoded, normalized": (path) => then(decode(path.replace(/;[^/]*/g, "")), posix.normalize),
  "IIS: decoded, backslashes turned, normalized, case ignored": (path) =>
    then(decode(path), (text) => posix.normalize(text.replaceAll("\\", "/")).toLowerCase()),
  "a C string, decoded": (path) => then(decode(path), (text) => text.split("\0", 1)[0] as string),
};

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(Buffer.from(path, "latin1").toString("utf8"));
  } catch {
    return undefined;
  }
}

function pathnameOf(path: string): string | undefined {
  return URL.canParse(path, "http://h") ? new URL(path, "http://h").pathname : undefined;
}

function then<T>(text: string | undefined, next: (text: string) => T): T | undefined {
  return text === undefined ? undefined : next(text);
}

it("accepts a path only if every server would select the same route", () => {
  const paths = fc
    .array(fc.record({ path }), { maxLength: 8 })
    .map((list) => list.map((route, index) => routeOf({ id: `r${index}`, ...route })));
  let accepted = 0;
  fc.assert(
    fc.property(paths, oddPath, (routes, target) => {
      // Refused before any route is looked for (src/transport/inbound/screen-request.ts).
      fc.pre(!target.includes("#"));
      const found = idOf(createRouter(routes).match(requestFor(target)));
      if (found === "ambiguous") return;
      accepted++;
      for (const [server, read] of Object.entries(servers)) {
        const reading = read(target);
        if (reading !== undefined)
          expect([
            server,
            reading,
            mostSpecific(routes.filter((route) => naivePathMatch(route.path, reading))),
          ]).toEqual([server, reading, found]);
      }
    }),
    { numRuns: 5_000 },
  );
  expect(accepted).toBeGreaterThan(500);
});
