import type { ConformanceCase, Scene, Verdict } from "../conformance-case.ts";
import { readAnswers } from "../conformance-case.ts";
import type { RawClient } from "../raw-client.ts";
import type { OriginConnection, OriginRequest } from "../raw-origin.ts";
import { check, equal, every, forwardedOnce, refused, show } from "../verdicts.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const SWITCH = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n`;
const SWITCHED = `${SWITCH}\r\n`;

function handshake(more = "", path = "/ws"): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`
  );
}

/** A frame of RFC 6455 §5.2 with a short payload; a client's is masked (with zeroes, which is legal). */
function frame(opcode: number, payload: string, from: "client" | "server"): string {
  const length = from === "client" ? 0x80 | payload.length : payload.length;
  return String.fromCharCode(0x80 | opcode, length) + (from === "client" ? "\0\0\0\0" : "") + payload;
}

const CLOSE_4001 = frame(8, "\x0f\xa1bye", "server");

interface OpenTunnel {
  readonly client: RawClient;
  readonly upstream: OriginConnection;
  /** What the client received after the 101. */
  after(): string;
}

/** Opens a tunnel through the proxy, to an origin that only accepts, or says why it could not. */
async function open(scene: Scene, handshakeOctets = handshake(), switched = SWITCHED): Promise<OpenTunnel | string> {
  let upstream: OriginConnection | undefined;
  scene.origin.behave((_request, connection) => {
    upstream = connection;
    connection.write(switched);
  });
  const client = scene.connect(handshakeOctets);
  if (!(await client.until((received) => received.includes("\r\n\r\n")))) return "no answer to the handshake";
  if (!client.received().startsWith("HTTP/1.1 101 ")) return `no 101: ${show(client.received())}`;
  if (upstream === undefined) return "the handshake did not reach the origin";
  return { client, upstream, after: () => client.received().slice(client.received().indexOf("\r\n\r\n") + 4) };
}

/** A case that begins with an open tunnel. */
function tunnelled(
  id: string,
  level: "must" | "should",
  title: string,
  judge: (tunnel: OpenTunnel, scene: Scene) => Promise<Verdict>,
): ConformanceCase {
  return {
    id,
    area: "websocket",
    level,
    title,
    play: async (scene) => {
      const tunnel = await open(scene);
      return typeof tunnel === "string" ? tunnel : judge(tunnel, scene);
    },
  };
}

function played(
  id: string,
  level: "must" | "should",
  title: string,
  play: (scene: Scene) => Promise<Verdict>,
): ConformanceCase {
  return { id, area: "websocket", level, title, play };
}

/** The proxy still answers: it has not died of what was done to it. */
async function stillAlive(scene: Scene): Promise<Verdict> {
  scene.origin.behave("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalive");
  const client = scene.connect("GET /alive HTTP/1.1\r\nHost: shop.example\r\n\r\n");
  return check(await client.until((received) => received.endsWith("alive")), "the proxy does not answer any more");
}

/** What the proxy makes of an origin that refuses the upgrade. */
function refusal(
  id: string,
  title: string,
  answer: string,
  judge: (body: { status: number; body: string; raw: string; complete: boolean }) => Verdict,
): ConformanceCase {
  return played(id, "must", title, async (scene) => {
    scene.origin.behave((_request, connection) => connection.write(answer));
    const client = scene.connect(handshake());
    await client.until((received) => readAnswers(received, ["GET"]).answers[0]?.complete === true, 1_500);
    const [first] = readAnswers(client.received(), ["GET"]).answers;
    if (first === undefined) return `no answer: ${show(client.received())}`;
    return judge({ status: first.status, body: first.body, raw: client.received(), complete: first.complete });
  });
}

const field = (request: OriginRequest, name: string): string => (request.field(name) ?? "").toLowerCase();

export const WEBSOCKET_CASES: readonly ConformanceCase[] = [
  tunnelled(
    "ws-01",
    "must",
    "a handshake reaches the origin with its fields and opens a tunnel",
    async ({ client }, { origin }) => {
      const request = origin.requests[0] as OriginRequest;
      return every(
        equal("target", request.target, "/ws"),
        equal("Upgrade", field(request, "upgrade"), "websocket"),
        check(field(request, "connection").includes("upgrade"), `Connection: ${field(request, "connection")}`),
        equal("Sec-WebSocket-Key", request.field("sec-websocket-key"), KEY),
        equal("Sec-WebSocket-Version", request.field("sec-websocket-version"), "13"),
        check(client.received().includes(ACCEPT), "the client did not get Sec-WebSocket-Accept"),
        check(/\r\nupgrade: *websocket\r\n/i.test(client.received()), "the client did not get Upgrade"),
        check(/\r\nconnection: *upgrade\r\n/i.test(client.received()), "the client did not get Connection"),
      );
    },
  ),
  tunnelled("ws-02", "must", "frames pass unchanged in both directions", async ({ client, upstream, after }) => {
    const up = frame(1, "to the origin", "client");
    const down = frame(1, "to the client", "server");
    client.send(up);
    if (!(await upstream.until(() => upstream.received().endsWith(up)))) return "the client's frame did not arrive";
    upstream.write(down);
    return check(await client.until(() => after() === down), `the origin's frame did not arrive: ${show(after())}`);
  }),
  played("ws-03", "must", "what a client sends before the 101 goes on only after it", async (scene) => {
    const early = frame(1, "early", "client");
    let before = "";
    let upstream: OriginConnection | undefined;
    scene.origin.behave(async (_request, connection) => {
      upstream = connection;
      await new Promise((resolve) => setTimeout(resolve, 80));
      before = connection.received().slice(connection.received().indexOf("\r\n\r\n") + 4);
      connection.write(SWITCHED);
    });
    scene.connect(handshake() + early);
    const came = await scene.origin.until(() => upstream?.received().endsWith(`\r\n\r\n${early}`) === true);
    return every(
      equal("octets before the 101", before, ""),
      check(came, "the early frame did not arrive after the 101"),
    );
  }),
  played(
    "ws-04",
    "must",
    "a pipelined request behind a refused upgrade is not sent to the origin on that connection",
    async (scene) => {
      scene.origin.behave((_request, connection) =>
        connection.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"),
      );
      const client = scene.connect(`${handshake()}GET /smuggled HTTP/1.1\r\nHost: shop.example\r\n\r\n`);
      await client.until((received) => received.includes("403"), 1_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
      const seen = scene.origin.requests[0]?.connection.received() ?? "";
      return check(
        !seen.includes("/smuggled"),
        "the octets behind the handshake went to an origin that had not switched",
      );
    },
  ),
  played("ws-05", "must", "early octets of the origin behind its 101 reach the client", async (scene) => {
    const early = frame(1, "early", "server");
    const tunnel = await open(scene, handshake(), SWITCHED + early);
    if (typeof tunnel === "string") return tunnel;
    return check(await tunnel.client.until(() => tunnel.after() === early), `received ${show(tunnel.after())}`);
  }),
  tunnelled(
    "ws-06",
    "must",
    "a close frame with its code passes from the origin to the client",
    async ({ client, upstream, after }) => {
      upstream.end(CLOSE_4001);
      const came = await client.until(() => after() === CLOSE_4001);
      return every(
        check(came, `received ${show(after())}`),
        check(await client.untilClosed(), "the client's connection stayed open"),
      );
    },
  ),
  tunnelled(
    "ws-07",
    "must",
    "a close frame with its code passes from the client to the origin",
    async ({ client, upstream }) => {
      const close = frame(8, "\x03\xe8done", "client");
      client.send(close);
      client.end();
      const came = await upstream.until(() => upstream.received().endsWith(close));
      const ended = await upstream.until(() => upstream.state() !== "open");
      return every(check(came, "the close frame did not arrive"), check(ended, "the origin's connection stayed open"));
    },
  ),
  tunnelled(
    "ws-08",
    "should",
    "a client that half-closes still gets what the origin has to say",
    async ({ client, upstream, after }) => {
      client.end();
      if (!(await upstream.until(() => upstream.state() !== "open"))) return "the half-close did not reach the origin";
      upstream.write("last words");
      return check(await client.until(() => after() === "last words"), `received ${show(after())}`);
    },
  ),
  tunnelled(
    "ws-09",
    "should",
    "an origin that half-closes still gets what the client has to say",
    async ({ client, upstream }) => {
      upstream.end();
      if (!(await client.untilClosed())) return "the half-close did not reach the client";
      client.send("last words");
      return check(
        await upstream.until(() => upstream.received().endsWith("last words")),
        "the client's last words are lost",
      );
    },
  ),
  tunnelled(
    "ws-10",
    "must",
    "a client's reset frees the origin's connection, and the proxy lives",
    async ({ client, upstream }, scene) => {
      client.reset();
      const freed = await upstream.until(() => upstream.state() !== "open");
      return check(freed, "the origin's connection stayed open") ?? stillAlive(scene);
    },
  ),
  tunnelled(
    "ws-11",
    "must",
    "an origin's reset ends the client's connection, and the proxy lives",
    async ({ client, upstream }, scene) => {
      upstream.reset();
      return check(await client.untilClosed(), "the client's connection stayed open") ?? stillAlive(scene);
    },
  ),
  tunnelled("ws-12", "must", "two megabytes pass in both directions, in order", async ({ client, upstream, after }) => {
    const block = Buffer.alloc(2 << 20);
    for (let i = 0; i < block.length; i += 4) block.writeUInt32BE(i, i);
    const text = block.toString("latin1");
    const base = upstream.received().length;
    client.send(block);
    upstream.write(block);
    const up = await upstream.until(() => upstream.received().length - base >= block.length, 5_000);
    const down = await client.until(() => after().length >= block.length, 5_000);
    return every(
      check(up && upstream.received().slice(base) === text, "what the origin received differs"),
      check(down && after() === text, "what the client received differs"),
    );
  }),
  played(
    "ws-13",
    "must",
    "a client that resets before the 101 frees the origin, and the proxy lives",
    async (scene) => {
      let upstream: OriginConnection | undefined;
      scene.origin.behave((_request, connection) => {
        upstream = connection;
      });
      const client = scene.connect(handshake());
      if (!(await scene.origin.until(() => upstream !== undefined))) return "the handshake did not reach the origin";
      client.reset();
      const freed = await scene.origin.until(() => upstream?.state() !== "open");
      return check(freed, "the origin's connection stayed open") ?? stillAlive(scene);
    },
  ),
  played("ws-14", "must", "an origin that resets during the handshake is 502", async (scene) => {
    scene.origin.behave((_request, connection) => connection.reset());
    const client = scene.connect(handshake());
    await client.until((received) => received.includes("\r\n\r\n"), 1_500);
    return (
      check(client.received().startsWith("HTTP/1.1 502 "), `received ${show(client.received())}`) ?? stillAlive(scene)
    );
  }),
  played("ws-15", "must", "an origin that closes during the handshake is 502", async (scene) => {
    scene.origin.behave((_request, connection) => connection.end());
    const client = scene.connect(handshake());
    await client.until((received) => received.includes("\r\n\r\n"), 1_500);
    return (
      check(client.received().startsWith("HTTP/1.1 502 "), `received ${show(client.received())}`) ?? stillAlive(scene)
    );
  }),
  played("ws-16", "must", "an origin that answers garbage to the handshake is 502", async (scene) => {
    scene.origin.behave((_request, connection) => connection.end("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
    const client = scene.connect(handshake());
    await client.until((received) => received.includes("\r\n\r\n"), 1_500);
    return check(client.received().startsWith("HTTP/1.1 502 "), `received ${show(client.received())}`);
  }),
  played("ws-17", "must", "an origin that cuts its 101 short is 502", async (scene) => {
    scene.origin.behave((_request, connection) => connection.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso"));
    const client = scene.connect(handshake());
    await client.until((received) => received.includes("\r\n\r\n"), 1_500);
    return check(client.received().startsWith("HTTP/1.1 502 "), `received ${show(client.received())}`);
  }),
  played("ws-18", "must", "a 101 to another protocol is 502 and opens nothing", async (scene) => {
    scene.origin.behave((_request, connection) =>
      connection.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
    );
    const client = scene.connect(handshake());
    await client.until((received) => received.includes("\r\n\r\n"), 1_500);
    return check(client.received().startsWith("HTTP/1.1 502 "), `received ${show(client.received())}`);
  }),
  played("ws-19", "must", "a 101 in several pieces opens the tunnel", async (scene) => {
    scene.origin.behave(async (_request, connection) => {
      for (const octet of SWITCHED) {
        connection.write(octet);
        if (octet === "\n") await new Promise((resolve) => setTimeout(resolve, 5));
      }
      connection.write("hello");
    });
    const client = scene.connect(handshake());
    return check(
      await client.until((received) => received.endsWith("\r\n\r\nhello")),
      `received ${show(client.received())}`,
    );
  }),
  played("ws-20", "should", "duplicate and odd fields of the 101 reach the client as they are", async (scene) => {
    const odd = "Set-Cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\nX-Odd_Name: caf\xe9\r\nSec-WebSocket-Protocol: chat\r\n";
    const tunnel = await open(scene, handshake("Sec-WebSocket-Protocol: chat, superchat\r\n"), `${SWITCH}${odd}\r\n`);
    if (typeof tunnel === "string") return tunnel;
    const lines = tunnel.client.received().split("\r\n");
    return every(
      ...odd
        .trimEnd()
        .split("\r\n")
        .map((line) => check(lines.includes(line), `missing: ${show(line)}`)),
    );
  }),
  tunnelled("ws-21", "should", "the 101's reason phrase reaches the client", async ({ client }) =>
    check(client.received().startsWith("HTTP/1.1 101 Switching Protocols\r\n"), show(client.received().slice(0, 60))),
  ),
  played(
    "ws-22",
    "must",
    "request fields reach the origin with their octets, case, order and duplicates",
    async (scene) => {
      const odd =
        "X-First: 1\r\nCookie: a=1\r\nx-OdD_name: caf\xe9\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nX-First: 2\r\n";
      const tunnel = await open(scene, handshake(odd));
      if (typeof tunnel === "string") return tunnel;
      const lines = tunnel.upstream.received().split("\r\n");
      const wanted = odd.trimEnd().split("\r\n");
      return equal(
        "fields in order",
        lines.filter((line) => wanted.includes(line)),
        wanted,
      );
    },
  ),
  played("ws-23", "must", "fields that Connection nominates do not go on with the handshake", async (scene) => {
    const octets = handshake("X-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Authorization: x\r\n").replace(
      "Connection: Upgrade",
      "Connection: Upgrade, X-Hop",
    );
    const tunnel = await open(scene, octets);
    if (typeof tunnel === "string") return tunnel;
    const request = scene.origin.requests[0] as OriginRequest;
    const passed = ["x-hop", "keep-alive", "proxy-authorization"].filter((name) => request.field(name) !== undefined);
    return equal("hop-by-hop fields that passed", passed, []);
  }),
  played("ws-24", "must", "target and query pass octet for octet", async (scene) => {
    const target = "/a%2Fb/%7Euser/../x;y=1?q=%00&r=a+b%20c";
    const tunnel = await open(scene, handshake("", "/a%2Fb?q=%41&r=a+b%20c&&=x"));
    if (typeof tunnel === "string") return tunnel;
    return (
      check(target.length > 0, "") ?? equal("target", scene.origin.requests[0]?.target, "/a%2Fb?q=%41&r=a+b%20c&&=x")
    );
  }),
  refusal(
    "ws-25",
    "a refused upgrade is relayed with status and body (length)",
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 4\r\n\r\nauth",
    ({ status, body, raw }) =>
      every(
        equal("status", status, 401),
        equal("body", body, "auth"),
        check(/www-authenticate: basic/i.test(raw), "a field is missing"),
      ),
  ),
  refusal(
    "ws-26",
    "a refused upgrade is relayed with status and body (chunked)",
    "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno \r\n3\r\nway\r\n0\r\n\r\n",
    ({ status, body, complete }) =>
      every(equal("status", status, 403), equal("body", body, "no way"), equal("complete", complete, true)),
  ),
  refusal(
    "ws-27",
    "a refused upgrade without a body is complete",
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    ({ status, complete }) => every(equal("status", status, 404), equal("complete", complete, true)),
  ),
  refusal(
    "ws-28",
    "a 204 to an upgrade is relayed without a body or framing",
    "HTTP/1.1 204 No Content\r\n\r\n",
    ({ status, raw }) =>
      every(
        equal("status", status, 204),
        check(!/transfer-encoding/i.test(raw), "a 204 with Transfer-Encoding"),
        equal("octets after the head", raw.slice(raw.indexOf("\r\n\r\n") + 4), ""),
      ),
  ),
  refusal(
    "ws-29",
    "a redirect of an upgrade is relayed",
    "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
    ({ status, raw }) =>
      every(equal("status", status, 302), check(/location: \/login/i.test(raw), "Location is missing")),
  ),
  refusal(
    "ws-30",
    "a plain 200 to an upgrade is an answer, not a tunnel",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ({ status, body }) => every(equal("status", status, 200), equal("body", body, "hi")),
  ),
  refusal(
    "ws-31",
    "an interim answer before a refusal does not end the exchange",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
    ({ status, body }) => every(equal("status", status, 403), equal("body", body, "no")),
  ),
  played("ws-32", "must", "a refusal that ends with the connection is relayed whole", async (scene) => {
    scene.origin.behave((_request, connection) => connection.end("HTTP/1.1 403 Forbidden\r\n\r\nuntil the end"));
    const client = scene.connect(handshake());
    await client.untilClosed(1_500);
    const [first] = readAnswers(client.received(), ["GET"]).answers;
    return every(equal("status", first?.status, 403), equal("body", first?.body, "until the end"));
  }),
  played(
    "ws-33",
    "must",
    "a refusal that the origin cuts short does not look whole, and the connection ends",
    async (scene) => {
      scene.origin.behave((_request, connection) =>
        connection.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nonly this"),
      );
      const client = scene.connect(handshake());
      const closed = await client.untilClosed(1_500);
      const [first] = readAnswers(client.received(), ["GET"]).answers;
      return every(
        check(closed, "the client is left waiting"),
        check(first === undefined || first.status === 502 || !first.complete, "the cut answer looks complete"),
      );
    },
  ),
  played("ws-34", "must", "a large refusal passes whole to a slow client", async (scene) => {
    const body = "r".repeat(1 << 20);
    scene.origin.behave((_request, connection) =>
      connection.write(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    );
    const client = scene.connect(handshake());
    client.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    client.socket.resume();
    await client.until((received) => received.endsWith(body), 4_000);
    const [first] = readAnswers(client.received(), ["GET"]).answers;
    return equal("length of the body", first?.body.length, body.length);
  }),
  {
    id: "ws-35",
    area: "websocket",
    level: "must",
    title: "an upgrade to another protocol is forwarded as a plain request, without it",
    client:
      "GET /x HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    verdict: (observed) =>
      forwardedOnce(observed, (request, answer) =>
        every(
          equal("Upgrade", request.field("upgrade"), undefined),
          equal("HTTP2-Settings", request.field("http2-settings"), undefined),
          equal("status", answer.status, 200),
        ),
      ),
  },
  {
    id: "ws-36",
    area: "websocket",
    level: "must",
    title: "Upgrade without Connection: Upgrade is no upgrade",
    client: "GET /x HTTP/1.1\r\nHost: shop.example\r\nUpgrade: websocket\r\n\r\n",
    verdict: (observed) => forwardedOnce(observed, (request) => equal("Upgrade", request.field("upgrade"), undefined)),
  },
  {
    id: "ws-37",
    area: "websocket",
    level: "must",
    title: "an upgrade in HTTP/1.0 is ignored or refused",
    client: handshake().replace("HTTP/1.1", "HTTP/1.0"),
    verdict: (observed) =>
      observed.requests.length === 0
        ? refused(observed, 400, 426, 505)
        : forwardedOnce(observed, (request) => equal("Upgrade", request.field("upgrade"), undefined)),
  },
  {
    id: "ws-38",
    area: "websocket",
    level: "must",
    title: "an upgrade with POST is no WebSocket",
    client: handshake().replace("GET", "POST").replace("Host:", "Content-Length: 3\r\nHost:").concat("abc"),
    verdict: (observed) =>
      observed.requests.length === 0
        ? refused(observed, 400, 405, 426)
        : forwardedOnce(observed, (request) =>
            every(equal("Upgrade", request.field("upgrade"), undefined), equal("body", request.message().body, "abc")),
          ),
  },
  {
    id: "ws-39",
    area: "websocket",
    level: "should",
    title: "a handshake without a key is refused",
    client: handshake().replace(/Sec-WebSocket-Key: .*\r\n/, ""),
    verdict: (observed) => refused(observed, 400),
  },
  {
    id: "ws-40",
    area: "websocket",
    level: "should",
    title: "a handshake of another version is answered with 426 and the version spoken",
    client: handshake().replace("Version: 13", "Version: 8"),
    verdict: (observed) =>
      refused(observed, 426) ??
      equal("Sec-WebSocket-Version", observed.answers[0]?.field("sec-websocket-version"), "13"),
  },
  {
    id: "ws-41",
    area: "websocket",
    level: "must",
    title: "a 101 that nobody asked for is 502",
    client: "GET /x HTTP/1.1\r\nHost: shop.example\r\n\r\n",
    origin: SWITCHED,
    verdict: (observed) =>
      equal(
        "statuses",
        observed.answers.map((answer) => answer.status),
        [502],
      ),
  },
  played("ws-42", "must", "a tunnel's connection is never reused for another client", async (scene) => {
    const tunnel = await open(scene);
    if (typeof tunnel === "string") return tunnel;
    tunnel.client.end();
    await tunnel.upstream.until(() => tunnel.upstream.state() !== "open");
    const wrong = await stillAlive(scene);
    return (
      wrong ??
      check(scene.origin.requests[0]?.connection.number !== tunnel.upstream.number, "the connection was reused")
    );
  }),
  played("ws-43", "must", "Connection: keep-alive, Upgrade and Upgrade: WebSocket open a tunnel", async (scene) => {
    const octets = handshake()
      .replace("Connection: Upgrade", "Connection: keep-alive, Upgrade")
      .replace("Upgrade: websocket", "Upgrade: WebSocket");
    const tunnel = await open(scene, octets);
    return typeof tunnel === "string" ? tunnel : undefined;
  }),
  played(
    "ws-44",
    "must",
    "a 101 in lower case, with Connection: keep-alive, upgrade, opens a tunnel",
    async (scene) => {
      const switched = SWITCHED.replace("Connection: Upgrade", "connection: keep-alive, upgrade").replace(
        "Upgrade: websocket",
        "upgrade: WebSocket",
      );
      const tunnel = await open(scene, handshake(), switched);
      return typeof tunnel === "string" ? tunnel : undefined;
    },
  ),
  played("ws-45", "must", "an interim answer before the 101 does not end the exchange", async (scene) => {
    let upstream: OriginConnection | undefined;
    scene.origin.behave((_request, connection) => {
      upstream = connection;
      connection.write(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${SWITCHED}hello`);
    });
    const client = scene.connect(handshake());
    const came = await client.until((received) => received.endsWith("\r\n\r\nhello"));
    return check(came && upstream !== undefined, `received ${show(client.received())}`);
  }),
  played("ws-46", "must", "an origin that says nothing to the handshake is 504", async (scene) => {
    scene.origin.behave(() => undefined);
    const client = scene.connect(handshake());
    await client.until((received) => received.includes("\r\n\r\n"));
    return check(client.received().startsWith("HTTP/1.1 504 "), `received ${show(client.received())}`);
  }),
  played("ws-47", "must", "100 tunnels that are reset leave nothing open at the origin", async (scene) => {
    scene.origin.behave((_request, connection) => connection.write(SWITCHED));
    const clients = Array.from({ length: 100 }, () => scene.connect(handshake()));
    await Promise.all(clients.map((client) => client.until((received) => received.includes("\r\n\r\n"), 5_000)));
    const connections = scene.origin.requests.map((request) => request.connection);
    for (const client of clients) client.reset();
    const freed = await scene.origin.until(
      () => connections.every((connection) => connection.state() !== "open"),
      3_000,
    );
    return every(equal("tunnels", connections.length, 100), check(freed, "connections stayed open"));
  }),
];
