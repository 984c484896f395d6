import type { ConformanceCase, Scene, Verdict } from "../conformance-case.ts";
import { readAnswers } from "../conformance-case.ts";
import { check, equal, every, forwardedOnce, refusedOrClosed } from "../verdicts.ts";

const HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const get = (version = "1.1"): string => `GET /i HTTP/${version}\r\nHost: shop.example\r\n\r\n`;
const expecting = (value = "100-continue", version = "1.1"): string =>
  `POST /i HTTP/${version}\r\nHost: shop.example\r\nExpect: ${value}\r\nContent-Length: 5\r\n\r\n`;

function played(
  id: string,
  level: "must" | "should",
  title: string,
  play: (scene: Scene) => Promise<Verdict>,
): ConformanceCase {
  return { id, area: "interim", level, title, play };
}

export const INTERIM_CASES: readonly ConformanceCase[] = [
  {
    id: "in-01",
    area: "interim",
    level: "should",
    title: "103 reaches the client with its fields",
    client: get(),
    origin: HINTS + OK,
    verdict: (observed) =>
      every(
        equal(
          "interim",
          observed.interim.map((answer) => answer.status),
          [103],
        ),
        equal("Link", observed.interim[0]?.field("link"), "</a.css>; rel=preload"),
        equal("status", observed.answers[0]?.status, 200),
      ),
  },
  {
    id: "in-02",
    area: "interim",
    level: "must",
    title: "the answer behind a 103 reaches the client",
    client: get(),
    origin: HINTS + OK,
    verdict: (observed) =>
      forwardedOnce(observed, (_request, answer) =>
        every(equal("status", answer.status, 200), equal("body", answer.body, "ok")),
      ),
  },
  {
    id: "in-03",
    area: "interim",
    level: "must",
    title: "an HTTP/1.0 client gets no interim answer",
    client: get("1.0"),
    origin: HINTS + OK,
    verdict: (observed) =>
      every(equal("interim", observed.interim.length, 0), equal("status", observed.answers[0]?.status, 200)),
  },
  {
    id: "in-04",
    area: "interim",
    level: "must",
    title: "a 102 does not end the exchange",
    client: get(),
    origin: `HTTP/1.1 102 Processing\r\n\r\n${OK}`,
    verdict: (observed) => forwardedOnce(observed, (_request, answer) => equal("status", answer.status, 200)),
  },
  {
    id: "in-05",
    area: "interim",
    level: "must",
    title: "an unasked 100 does not end the exchange",
    client: get(),
    origin: `HTTP/1.1 100 Continue\r\n\r\n${OK}`,
    verdict: (observed) => forwardedOnce(observed, (_request, answer) => equal("status", answer.status, 200)),
  },
  {
    id: "in-06",
    area: "interim",
    level: "must",
    title: "several interim answers in one packet",
    client: get(),
    origin: HINTS + HINTS + HINTS + OK,
    verdict: (observed) => forwardedOnce(observed, (_request, answer) => equal("status", answer.status, 200)),
  },
  {
    id: "in-07",
    area: "interim",
    level: "must",
    title: "interim answers without end are cut off",
    client: get(),
    origin: HINTS.repeat(5_000),
    verdict: (observed) =>
      every(
        check(
          observed.answers.every((answer) => answer.status === 502 || answer.status === 504),
          `answered ${observed.answers[0]?.status}`,
        ),
        check(observed.interim.length < 1_000, "all of them passed"),
      ),
  },
  played(
    "in-08",
    "must",
    "the origin's 100 reaches the client before its body, and the body the origin",
    async ({ origin, connect }) => {
      origin.behave(async (request, connection) => {
        connection.write("HTTP/1.1 100 Continue\r\n\r\n");
        if (await request.whole()) connection.write(OK);
      });
      const client = connect(expecting());
      if (!(await client.until((received) => received.startsWith("HTTP/1.1 100 ")))) return "no 100";
      client.send("hello");
      const done = await client.until((received) => received.endsWith("ok"));
      return every(check(done, "no final answer"), equal("body", origin.requests[0]?.message().body, "hello"));
    },
  ),
  played("in-09", "must", "a refusal instead of 100 reaches a client that still waits", async ({ origin, connect }) => {
    origin.behave((_request, connection) =>
      connection.write("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"),
    );
    const client = connect(expecting());
    const came = await client.until((received) => received.includes("413") && received.endsWith("no"));
    return every(
      check(came, `received ${client.received()}`),
      check(!client.received().includes(" 100 "), "100 was invented"),
    );
  }),
  played("in-10", "should", "100 is not sent before the origin says so", async ({ origin, connect }) => {
    origin.behave(async (request, connection) => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      connection.write("HTTP/1.1 100 Continue\r\n\r\n");
      if (await request.whole()) connection.write(OK);
    });
    const client = connect(expecting());
    const early = await client.until((received) => received.length > 0, 100);
    return check(!early, `received early: ${client.received()}`);
  }),
  played(
    "in-11",
    "must",
    "an origin that never says 100 but answers gets the exchange done",
    async ({ origin, connect }) => {
      origin.behave(async (request, connection) => {
        if (await request.whole()) connection.write(OK);
      });
      const client = connect(`${expecting()}hello`);
      const done = await client.until((received) => readAnswers(received, ["POST"]).answers[0]?.complete === true);
      return every(check(done, "no final answer"), equal("body", origin.requests[0]?.message().body, "hello"));
    },
  ),
  played("in-12", "must", "Expect of an HTTP/1.0 client is ignored", async ({ origin, connect }) => {
    const client = connect(`${expecting("100-continue", "1.0")}hello`);
    const done = await client.until((received) => readAnswers(received, ["POST"]).answers[0] !== undefined);
    return every(
      check(done, "no final answer"),
      check(!client.received().includes(" 100 "), "100 for HTTP/1.0"),
      equal("body", origin.requests[0]?.message().body, "hello"),
    );
  }),
  {
    id: "in-13",
    area: "interim",
    level: "must",
    title: "an unknown expectation is refused with 417, or forwarded",
    client: `${expecting("the-unexpected")}hello`,
    verdict: (observed) =>
      observed.requests.length === 0
        ? refusedOrClosed(observed, 417)
        : forwardedOnce(observed, (_request, answer) => equal("status", answer.status, 200)),
  },
];
