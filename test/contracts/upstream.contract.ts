import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type net from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { takesLessThan, timeOf } from "../doubles/takes-less-than.ts";
import {
  answering,
  ask,
  eventually,
  type Front,
  type FrontOptions,
  type OriginScript,
  partsOf,
  RawClient,
  type RawOrigin,
  type StartOrigin,
  startFront,
} from "./upstream-rig.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const GET = "GET /a?b=%20c HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";

/** What every way to an upstream does, judged from the bytes at both ends. Run over plain TCP and over TLS. */
export function upstreamContract(kind: string, startOrigin: StartOrigin): void {
  const open: { close(): void }[] = [];
  const through = async (
    script: OriginScript,
    options: FrontOptions = {},
  ): Promise<{ origin: RawOrigin; front: Front }> => {
    const origin = await startOrigin(script);
    const front = await startFront(origin, options);
    open.push(front, origin);
    return { origin, front };
  };
  const client = (front: Front): RawClient => {
    const one = new RawClient(front.port);
    open.push(one);
    return one;
  };

  describe(`an upstream over ${kind}`, () => {
    afterEach(() => {
      for (const one of open.splice(0).reverse()) one.close();
    });

    describe("what the origin receives", () => {
      it("is the target byte for byte and the fields in order, case and number", async () => {
        const { origin, front } = await through(answering(`${OK}Content-Length: 0\r\n\r\n`));
        await ask(
          front.port,
          "GET //a/../b%2fc;d?x=%zz|y HTTP/1.1\r\nHost: shop.example\r\nx-B: 1\r\nX-a: caf\xe9\r\nX-b: 2\r\nConnection: close\r\n\r\n",
        );
        expect(origin.received).toEqual([
          "GET //a/../b%2fc;d?x=%zz|y HTTP/1.1\r\nHost: shop.example\r\nx-B: 1\r\nX-a: caf\xe9\r\nX-b: 2\r\n\r\n",
        ]);
      });

      it("holds no field for this connection only, nor one that Connection nominates", async () => {
        const { origin, front } = await through(answering(`${OK}Content-Length: 0\r\n\r\n`));
        await ask(
          front.port,
          "GET / HTTP/1.1\r\nHost: h\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nTE: trailers\r\nProxy-Authorization: x\r\nProxy: http://e\r\n" +
            "HTTP2-Settings: AAAA\r\nX-Kept: 1\r\nConnection: close, X-Hop, Host\r\n\r\n",
        );
        expect(origin.received).toEqual(["GET / HTTP/1.1\r\nHost: h\r\nX-Kept: 1\r\n\r\n"]);
      });

      it.each(["POST", "GET", "DELETE", "OPTIONS"])("is a chunked body as chunked, also for %s", async (method) => {
        const { origin, front } = await through((socket, received) => {
          if (received.endsWith("0\r\n\r\n")) socket.write(`${OK}Content-Length: 0\r\n\r\n`);
        });
        await ask(
          front.port,
          `${method} / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n`,
        );
        expect(origin.received).toEqual([
          `${method} / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
        ]);
      });

      it("is a length where there was a length, and none where there was none", async () => {
        const { origin, front } = await through((socket, received) => {
          if (/\r\n\r\n(?:hello)?$/.test(received)) socket.write(`${OK}Content-Length: 0\r\n\r\n`);
        });
        await ask(front.port, "DELETE /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
        await ask(front.port, "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        await ask(front.port, "POST /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        expect(origin.received.join("")).toBe(
          "DELETE /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" +
            "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n" +
            "POST /3 HTTP/1.1\r\nHost: h\r\n\r\n",
        );
      });

      it("holds the trailers of a chunked body, without those that pose as fields", async () => {
        const { origin, front } = await through((socket, received) => {
          if (received.endsWith("\r\n\r\n") && received.includes("\r\n0\r\n"))
            socket.write(`${OK}Content-Length: 0\r\n\r\n`);
        });
        await ask(
          front.port,
          "POST / HTTP/1.1\r\nHost: h\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" +
            "2\r\nhi\r\n0\r\nX-Sum: 1\r\nX_Forwarded_For: 6.6.6.6\r\nAuthorization: Bearer x\r\nX-Sum: 2\r\n\r\n",
        );
        expect(origin.received[0]).toBe(
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n",
        );
      });
    });

    describe("what the client receives", () => {
      it("is status text, field order, case, duplicates and octets as they came", async () => {
        const { front } = await through(
          answering(
            "HTTP/1.1 404 Nicht gef\xfcnden\r\nx-A: 1\r\nSet-Cookie: a=1\r\nX-a: \xff\xfe\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\nDate: now\r\n\r\nno",
          ),
        );
        const { status, fields, body } = partsOf(await ask(front.port, GET));
        expect(status).toBe("HTTP/1.1 404 Nicht gef\xfcnden");
        expect(fields).toEqual([
          "x-A: 1",
          "Set-Cookie: a=1",
          "X-a: \xff\xfe",
          "Set-Cookie: b=2",
          "Content-Length: 2",
          "Date: now",
          "Connection: close",
        ]);
        expect(body).toBe("no");
      });

      it("keeps the octets of a Content-Disposition that follows a Content-Length", async () => {
        const { front } = await through(
          answering(`${OK}Content-Length: 0\r\nContent-Disposition: attachment; filename="\xc3\xa9\xe9.txt"\r\n\r\n`),
        );
        expect(await ask(front.port, GET)).toContain(
          'Content-Disposition: attachment; filename="\xc3\xa9\xe9.txt"\r\n',
        );
      });

      it("holds no field for the other connection only, nor one that Connection nominates", async () => {
        const { front } = await through(
          answering(
            `${OK}Connection: X-Hop, Content-Length\r\nX-Hop: 1\r\nKeep-Alive: timeout=77\r\nProxy-Authenticate: x\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok`,
          ),
        );
        const answer = await ask(front.port, GET);
        expect(answer).toContain("Content-Length: 2\r\n");
        expect(answer).not.toMatch(/X-Hop|timeout=77|Proxy-|Upgrade/);
      });

      it("is a chunked answer with its trailers", async () => {
        const { front } = await through(
          answering(
            `${OK}Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX-Sum: 1\r\nSet-Cookie: s=1\r\nX-Sum: \xe9\r\n\r\n`,
          ),
        );
        const { fields, body } = partsOf(await ask(front.port, GET));
        expect(fields).toEqual(expect.arrayContaining(["Trailer: X-Sum", "Transfer-Encoding: chunked"]));
        expect(body).toBe("3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Sum: \xe9\r\n\r\n");
      });

      it("is chunked for HTTP/1.1 and ended by closing for HTTP/1.0 where the origin gives no length", async () => {
        const { front } = await through((socket, received) => {
          if (received.endsWith("\r\n\r\n")) socket.end(`${OK}\r\nuntil the end`);
        });
        expect(partsOf(await ask(front.port, GET)).body).toBe("d\r\nuntil the end\r\n0\r\n\r\n");
        const old = partsOf(await ask(front.port, "GET / HTTP/1.0\r\nHost: h\r\n\r\n"));
        expect(old.body).toBe("until the end");
        expect(old.fields.join()).not.toContain("Transfer-Encoding");
      });

      it("has no body after HEAD, 204 and 304, and the connection goes on", async () => {
        const { front } = await through((socket, received) => {
          if (!received.endsWith("\r\n\r\n")) return;
          const path = received.slice(received.lastIndexOf(" /") + 1).split(" ", 1)[0];
          if (path === "/head") socket.write(`${OK}Content-Length: 9\r\n\r\n`);
          else if (path === "/204") socket.write("HTTP/1.1 204 No Content\r\n\r\n");
          else if (path === "/304") socket.write('HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 9\r\n\r\n');
          else socket.write(`${OK}Content-Length: 4\r\n\r\nlast`);
        });
        const one = client(front);
        one.send(
          "HEAD /head HTTP/1.1\r\nHost: h\r\n\r\nGET /204 HTTP/1.1\r\nHost: h\r\n\r\nGET /304 HTTP/1.1\r\nHost: h\r\n\r\n",
        );
        one.send("GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        const answers = (await one.untilClosed()).split(/(?=HTTP\/1\.1 )/);
        expect(answers.map((answer) => partsOf(answer).status)).toEqual([
          "HTTP/1.1 200 OK",
          "HTTP/1.1 204 No Content",
          "HTTP/1.1 304 Not Modified",
          "HTTP/1.1 200 OK",
        ]);
        expect(answers.map((answer) => partsOf(answer).body)).toEqual(["", "", "", "last"]);
        expect(answers[0]).toContain("Content-Length: 9");
        expect(answers[1]).not.toContain("Content-Length");
      });

      it("comes at once, piece by piece: head, then each event", async () => {
        const { origin, front } = await through((socket, received) => {
          if (received.endsWith("\r\n\r\n")) socket.write(`${OK}Content-Type: text/event-stream\r\n\r\n`);
        });
        const one = client(front).send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
        await one.until("\r\n\r\n");
        for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
          origin.sockets[0]?.write(event);
          await one.until(event);
        }
      });

      it("is every interim answer, but none for HTTP/1.0", async () => {
        const { front } = await through(
          answering(
            `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
          ),
        );
        const answer = await ask(front.port, GET);
        expect(answer).toMatch(
          /^HTTP\/1\.1 103 .*\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 102 .*\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
        );
        expect(await ask(front.port, "GET / HTTP/1.0\r\nHost: h\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      });

      it("is a failure and never a crash where what is made of the answer cannot be written", async () => {
        const translateAnswer = () => ["X", "a\r\nb"];
        const { front } = await through(answering(`${OK}Content-Length: 2\r\n\r\nok`), {
          outbound: { translateAnswer },
        });
        expect(await ask(front.port, GET)).toContain("internal");
        expect(front.outcomes).toMatchObject([
          { kind: "failed", responseStarted: false, failure: { party: "gateway" } },
        ]);
      });

      it("is a refusal where interim answers never end", async () => {
        const { front } = await through(answering("HTTP/1.1 102 Processing\r\n\r\n".repeat(100)));
        const answer = await ask(front.port, GET);
        expect(answer.match(/ 102 /g)?.length).toBeLessThan(40);
        expect(front.outcomes[0]).toMatchObject({ failure: { code: "invalid-response" } });
      });
    });

    describe("a client that expects 100", () => {
      const expecting = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

      it("gets it from the origin, and only then sends its body", async () => {
        const { origin, front } = await through((socket, received) => {
          if (received.endsWith("\r\n\r\n")) return;
          if (received.endsWith("hello")) socket.write(`${OK}Content-Length: 2\r\n\r\nok`);
        });
        const one = client(front).send(expecting);
        await eventually(
          () => origin.received[0]?.includes("Expect: 100-continue\r\n\r\n") === true,
          () => "no head at the origin",
        );
        expect(one.received).toBe("");
        origin.sockets[0]?.write("HTTP/1.1 100 Continue\r\n\r\n");
        await one.until("HTTP/1.1 100 Continue\r\n\r\n");
        one.send("hello");
        await one.until("\r\n\r\nok");
        expect(one.received).toContain("keep-alive");
      });

      it("gets the final answer where the origin refuses, and its connection is not used further", async () => {
        const { origin, front } = await through((socket, received) => {
          if (received.includes("\r\n\r\n")) socket.write("HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno");
        });
        const answer = await ask(front.port, expecting);
        expect(partsOf(answer)).toMatchObject({ status: "HTTP/1.1 417 No", body: "no" });
        await eventually(
          () => origin.sockets[0]?.destroyed === true || origin.sockets[0]?.readableEnded === true,
          () => "kept",
        );
      });
    });

    describe("an upload", () => {
      it("gets its early answer while it still runs", async () => {
        const { origin, front } = await through((socket, received) => {
          if (received.includes("first") && !received.includes("second"))
            socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n`);
          if (received.endsWith("0\r\n\r\n")) socket.write("4\r\nlate\r\n0\r\n\r\n");
        });
        const one = client(front).send(
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n",
        );
        await one.until("early");
        one.send("6\r\nsecond\r\n0\r\n\r\n");
        await one.until("late\r\n0\r\n\r\n");
        expect(origin.received[0]).toContain("5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n");
      });

      it("is stopped by an early error, which the client gets whole, and the connection behind it is closed", async () => {
        const { origin, front } = await through((socket, received) => {
          if (received.includes("first")) socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
        });
        const one = client(front).send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nfirst");
        await one.until("\r\n\r\nbig");
        one.send("x".repeat(50_000));
        await eventually(
          () => origin.sockets[0]?.readableEnded === true || origin.sockets[0]?.destroyed === true,
          () => "kept open",
        );
        expect(front.outcomes).toMatchObject([{ kind: "answered", status: 413 }]);
        expect(origin.received[0]?.length).toBeLessThan(60_000);
      });

      it("never looks complete at the origin when the client breaks off", async () => {
        const { origin, front } = await through(() => undefined);
        const one = client(front).send(
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n",
        );
        await eventually(
          () => origin.received[0]?.includes("first") === true,
          () => "nothing came",
        );
        one.close();
        await eventually(
          () => origin.sockets[0]?.readableEnded === true || origin.sockets[0]?.destroyed === true,
          () => "kept open",
        );
        expect(origin.received[0]).not.toContain("0\r\n\r\n");
        await eventually(
          () => front.outcomes.length === 1,
          () => "no outcome",
        );
        expect(front.outcomes).toMatchObject([{ kind: "failed", failure: { party: "client", code: "client-gone" } }]);
      });

      it("is refused by its length before a connection is made, and by its octets while it runs", async () => {
        const limits = { totalTimeoutMs: undefined, maxBodyBytes: 10 };
        const { origin, front } = await through(() => undefined, { outbound: { limits } });
        const one = client(front).send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
        expect(await one.until("body-too-large")).toContain("502");
        expect(origin.received).toEqual([]);
        const other = client(front).send(
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n6\r\n123456\r\n",
        );
        await other.until("body-too-large");
        expect(origin.received.join("")).not.toContain("0\r\n\r\n");
      });

      it("moves at the pace of a slow origin without piling up", async () => {
        const { origin, front } = await through((socket, _received, index) => {
          if (index === 0) socket.pause();
        });
        const one = client(front).send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000000\r\n\r\n");
        const block = Buffer.alloc(1_000_000, "x");
        let sent = 0;
        const pump = (): void => {
          while (sent < 200) {
            sent++;
            if (!one.socket.write(block)) {
              one.socket.once("drain", pump);
              return;
            }
          }
        };
        pump();
        const settled = await standsStill(() => sent);
        expect(settled).toBeLessThan(60);
        expect(origin.sockets).toHaveLength(1);
      });
    });

    describe("bodies of megabytes", () => {
      const blocks = Array.from({ length: 160 }, () => randomBytes(50_000));
      const digest = createHash("sha256").update(Buffer.concat(blocks)).digest("hex");

      it.each(["length", "chunked"])("arrive octet for octet at a slow origin (%s)", async (framing) => {
        const hash = createHash("sha256");
        let count = 0;
        const { origin, front } = await through((socket, received, index) => {
          if (received !== "" && index === 0) socket.pause();
        });
        const upload = http.request({ port: front.port, host: "127.0.0.1", method: "PUT", agent: false });
        if (framing === "length") upload.setHeader("Content-Length", 8_000_000);
        upload.on("error", () => undefined);
        const answer = once(upload, "response");
        for (const block of blocks) if (!upload.write(block)) await Promise.race([once(upload, "drain"), pause(20)]);
        upload.end();
        const socket = origin.sockets[0] as net.Socket;
        await pause(50);
        const head = origin.received[0] as string;
        socket.removeAllListeners("data");
        const take = framing === "length" ? (bytes: Buffer) => bytes : dechunk();
        const feed = (bytes: Buffer): void => {
          const body = take(bytes);
          hash.update(body);
          count += body.length;
          if (count === 8_000_000) socket.write(`${OK}Content-Length: 2\r\n\r\nok`);
        };
        feed(Buffer.from(head.slice(head.indexOf("\r\n\r\n") + 4), "latin1"));
        socket.on("data", feed);
        socket.resume();
        await answer;
        upload.destroy();
        expect(hash.digest("hex")).toBe(digest);
      });

      it.each(["length", "chunked"])("arrive octet for octet at a slow client (%s)", async (framing) => {
        const { front } = await through((socket, received) => {
          if (!received.endsWith("\r\n\r\n")) return;
          socket.write(
            framing === "length" ? `${OK}Content-Length: 8000000\r\n\r\n` : `${OK}Transfer-Encoding: chunked\r\n\r\n`,
          );
          for (const block of blocks) {
            if (framing === "chunked") socket.write(`${block.length.toString(16)}\r\n`);
            socket.write(block);
            if (framing === "chunked") socket.write("\r\n");
          }
          if (framing === "chunked") socket.write("0\r\n\r\n");
        });
        const request = http.get({ port: front.port, host: "127.0.0.1", agent: false });
        const [response] = (await once(request, "response")) as [http.IncomingMessage];
        await pause(100);
        const hash = createHash("sha256");
        for await (const part of response) hash.update(part as Buffer);
        expect(hash.digest("hex")).toBe(digest);
      });
    });

    describe("an answer that goes wrong", () => {
      it.each([
        ["a banner", "SSH-2.0-OpenSSH_9.2\r\n"],
        ["both framings", `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
        ["two lengths", `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`],
        ["a folded line", `${OK}X: a\r\n b\r\nContent-Length: 0\r\n\r\n`],
        ["bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"],
        ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"],
      ])("in its head by %s never reaches the client", async (_title, bytes) => {
        const { origin, front } = await through(answering(bytes));
        const answer = await ask(front.port, GET);
        expect(partsOf(answer)).toMatchObject({ status: "HTTP/1.1 502 Bad Gateway" });
        expect(answer).toContain("invalid-response");
        expect(origin.received).toHaveLength(1);
        expect(front.outcomes).toMatchObject([
          { kind: "failed", responseStarted: false, failure: { phase: "response-head", party: "upstream" } },
        ]);
      });

      it.each([
        ["a length that is not reached", `${OK}Content-Length: 10\r\n\r\nhell`],
        ["a chunked body without its end", `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`],
        ["a broken chunk", `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n`],
      ])("in its body by %s cuts the client off", async (_title, bytes) => {
        const { front } = await through((socket, received) => {
          if (!received.endsWith("\r\n\r\n")) return;
          // In two parts, so that the head has gone out before the fault shows.
          socket.write(bytes.slice(0, -4), "latin1");
          setTimeout(() => socket.end(bytes.slice(-4), "latin1"), 50);
        });
        const answer = await ask(front.port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        expect(answer).toContain("hel");
        expect(answer).not.toContain("0\r\n\r\n");
        expect(front.outcomes).toMatchObject([
          { kind: "failed", responseStarted: true, failure: { phase: "response-body", party: "upstream" } },
        ]);
      });

      it("in its body before anything of it has gone out is answered with 502", async () => {
        const { front } = await through((socket, received) => {
          if (received.endsWith("\r\n\r\n"))
            socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n`);
        });
        expect(partsOf(await ask(front.port, GET))).toMatchObject({ status: "HTTP/1.1 502 Bad Gateway" });
        expect(front.outcomes).toMatchObject([
          { kind: "failed", responseStarted: false, failure: { code: "invalid-response" } },
        ]);
      });

      it("because the origin closes without a byte is connection-lost, and a POST is not sent again", async () => {
        const { origin, front } = await through((socket) => socket.destroy());
        await ask(front.port, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
        expect(origin.received).toHaveLength(1);
        expect(front.outcomes).toMatchObject([
          { kind: "failed", failure: { code: "connection-lost", party: "upstream" } },
        ]);
      });
    });

    describe("connections", () => {
      it("are used again after a clean exchange", async () => {
        const { origin, front } = await through(answering(`${OK}Content-Length: 2\r\n\r\nok`));
        for (let i = 0; i < 3; i++) await ask(front.port, GET);
        expect(origin.received).toHaveLength(1);
        expect(origin.received[0]?.match(/GET /g)).toHaveLength(3);
      });

      it.each([
        ["surplus octets", `${OK}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`],
        ["Connection: close", `${OK}Connection: close\r\nContent-Length: 2\r\n\r\nok`],
        ["an HTTP/1.0 answer", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"],
      ])("are not used again after %s", async (_title, bytes) => {
        const { origin, front } = await through(answering(bytes));
        for (let i = 0; i < 3; i++) expect(partsOf(await ask(front.port, GET)).body).toBe("ok");
        expect(origin.received).toHaveLength(3);
      });

      it("are dropped when octets come that nobody asked for", async () => {
        const { origin, front } = await through(answering(`${OK}Content-Length: 2\r\n\r\nok`));
        await ask(front.port, GET);
        origin.sockets[0]?.write(`${OK}Content-Length: 6\r\n\r\npoison`);
        await eventually(
          () => origin.sockets[0]?.readableEnded === true || origin.sockets[0]?.destroyed === true,
          () => "kept",
        );
        expect(partsOf(await ask(front.port, GET)).body).toBe("ok");
        expect(origin.received).toHaveLength(2);
      });

      it("that die on reuse before a byte of answer are replaced once for GET", async () => {
        const { origin, front } = await through((socket, received, index) => {
          if (index === 0 && received.split("GET ").length === 3) socket.destroy();
          else if (received.endsWith("\r\n\r\n")) socket.write(`${OK}Content-Length: 2\r\n\r\nok`);
        });
        await ask(front.port, GET);
        expect(partsOf(await ask(front.port, GET)).body).toBe("ok");
        expect(origin.received).toHaveLength(2);
      });

      it("that die on reuse are not replaced for POST, nor a second time for GET", async () => {
        const { origin, front } = await through((socket, received) => {
          if (!received.endsWith("\r\n\r\n")) return;
          if (received.startsWith("GET /first") && !received.includes("/next"))
            socket.write(`${OK}Content-Length: 2\r\n\r\nok`);
          else socket.destroy();
        });
        await ask(front.port, GET.replace("/a", "/first"));
        await ask(front.port, "POST /next HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        expect(origin.received.join("").match(/POST/g)).toHaveLength(1);
        await ask(front.port, GET.replace("/a", "/first"));
        await ask(front.port, GET.replace("/a", "/next"));
        expect(origin.received.join("").match(/GET \/next/g)).toHaveLength(2);
        expect(front.outcomes.at(-1)).toMatchObject({ kind: "failed", failure: { code: "connection-lost" } });
      });

      it("are freed within moments when the client leaves", async () => {
        const { origin, front } = await through((socket, received) => {
          if (received.endsWith("\r\n\r\n")) socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`);
        });
        await takesLessThan(500, async () => {
          const one = client(front).send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
          await one.until("abc");
          const socket = origin.sockets.at(-1);
          one.socket.resetAndDestroy();
          return await timeOf(() =>
            eventually(
              () => socket?.readableEnded === true || socket?.destroyed === true,
              () => "kept",
            ),
          );
        });
        await eventually(
          () => front.upstream.pool.counts.open === 0,
          () => "still counted",
        );
      });

      it("answer a client that has only half-closed, and are freed within a second when one has left with a plain close", async () => {
        const { origin, front } = await through(() => undefined);
        const half = client(front).send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
        half.socket.end();
        await eventually(
          () => origin.received[0]?.includes("/1") === true,
          () => "nothing came",
        );
        await pause(100);
        origin.sockets[0]?.write(`${OK}Content-Length: 4\r\n\r\nhalf`);
        await half.until("half");
        const requests = (): number => origin.received.join("").split("GET ").length;
        await takesLessThan(2_000, async () => {
          const before = requests();
          const gone = client(front).send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
          await eventually(
            () => requests() > before,
            () => "nothing came",
          );
          gone.close();
          return await timeOf(() =>
            eventually(
              () => front.upstream.pool.counts.open === 0,
              () => "kept",
            ),
          );
        });
      });

      it("are bounded: the next request waits its turn, and one too many is turned away", async () => {
        const { origin, front } = await through(() => undefined, {
          settings: { maxConnections: 1, maxQueued: 1, queueTimeoutMs: 10_000 },
        });
        const [first, second, third] = [client(front), client(front), client(front)];
        first.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
        await eventually(
          () => origin.received[0]?.includes("/1") === true,
          () => "nothing came",
        );
        second.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
        await eventually(
          () => front.upstream.pool.counts.queued === 1,
          () => "not queued",
        );
        third.send("GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
        await third.until("overloaded");
        origin.sockets[0]?.write(`${OK}Content-Length: 3\r\n\r\none`);
        await first.until("one");
        await eventually(
          () => origin.received[0]?.includes("/2") === true,
          () => "the queue does not move",
        );
        origin.sockets[0]?.write(`${OK}Content-Length: 3\r\n\r\ntwo`);
        await second.until("two");
        expect(origin.received).toHaveLength(1);
      });

      it("that do not come free in time end the wait with overloaded", async () => {
        const { front } = await through(() => undefined, { settings: { maxConnections: 1, queueTimeoutMs: 50 } });
        client(front).send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
        await eventually(
          () => front.upstream.pool.counts.open === 1,
          () => "not connected",
        );
        await client(front).send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n").until("overloaded");
      });

      it("are given up after idling", async () => {
        const { front } = await through(answering(`${OK}Content-Length: 2\r\n\r\nok`), {
          settings: { keepAliveTimeoutMs: 50 },
        });
        await ask(front.port, GET);
        await eventually(
          () => front.upstream.pool.counts.open === 0,
          () => "still open",
        );
      });
    });

    describe("deadlines", () => {
      it("name the first byte", async () => {
        const { front } = await through(() => undefined, { settings: { firstByteTimeoutMs: 50 } });
        expect(await ask(front.port, GET)).toContain("first-byte-timeout");
        expect(front.outcomes).toMatchObject([
          { responseStarted: false, failure: { phase: "response-head", party: "upstream" } },
        ]);
      });

      it("name an answer that stalls, and cut the client off", async () => {
        const { front } = await through(answering(`${OK}Content-Length: 10\r\n\r\nhell`), {
          settings: { idleTimeoutMs: 50 },
        });
        expect(await ask(front.port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")).toContain("hell");
        expect(front.outcomes).toMatchObject([
          { responseStarted: true, failure: { phase: "response-body", party: "upstream", code: "idle-timeout" } },
        ]);
      });

      it("name a client that stops sending", async () => {
        const { front } = await through(() => undefined, { settings: { idleTimeoutMs: 50 } });
        const one = client(front).send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhell");
        await one.until("client-timeout");
        expect(front.outcomes).toMatchObject([{ failure: { phase: "request", party: "client" } }]);
      });

      it("name the total", async () => {
        const limits = { totalTimeoutMs: 50, maxBodyBytes: undefined };
        const { front } = await through(() => undefined, { outbound: { limits } });
        expect(await ask(front.port, GET)).toContain("total-timeout");
        expect(front.outcomes).toMatchObject([{ failure: { party: "gateway" } }]);
      });

      it("cut off a client that takes nothing", async () => {
        const { origin, front } = await through(
          (socket, received) => {
            if (!received.endsWith("\r\n\r\n")) return;
            socket.write(`${OK}Content-Length: 400000000\r\n\r\n`);
            const block = Buffer.alloc(1_000_000);
            const pump = (): void => {
              while (!socket.destroyed && socket.write(block));
            };
            socket.on("drain", pump);
            pump();
          },
          { settings: { idleTimeoutMs: 100 } },
        );
        const one = client(front).send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        one.socket.pause();
        await eventually(
          () => front.outcomes.length === 1,
          () => "no outcome",
        );
        expect(front.outcomes).toMatchObject([
          { failure: { phase: "response-body", party: "client", code: "client-timeout" } },
        ]);
        await eventually(
          () => origin.sockets[0]?.destroyed === true || origin.sockets[0]?.readableEnded === true,
          () => "kept",
        );
      });
    });
  });
}

/** The value once it has not changed for a while. */
async function standsStill(read: () => number): Promise<number> {
  let last = read();
  let since = performance.now();
  await eventually(
    () => {
      const now = read();
      if (now !== last) since = performance.now();
      last = now;
      return performance.now() - since > 300;
    },
    () => `still moving at ${last}`,
  );
  return last;
}

/** Takes the chunked coding apart, for bodies without extensions and trailers. */
function dechunk(): (bytes: Buffer) => Buffer {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const parts: Buffer[] = [];
    for (;;) {
      const lineEnd = rest.indexOf("\r\n");
      const size = lineEnd === -1 ? Number.NaN : Number.parseInt(rest.toString("latin1", 0, lineEnd), 16);
      if (!(rest.length >= lineEnd + 2 + size + 2)) return Buffer.concat(parts);
      parts.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
      rest = rest.subarray(lineEnd + 2 + size + 2);
    }
  };
}
