/**
 * The origin's process: answers every request with the same 330 octets as soon as its head is complete, over raw sockets, so that it
 * takes as little of the machine as can be. Requests with a body are not for it.
 */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { answerParent, tellParent } from "../processes/answer-parent.ts";
import { ANSWER_OCTETS, type LastHeads, type LastHeadsRequest, type OriginPorts } from "./origin-messages.ts";

const lastHeads = { legacy: "", modern: "" };

async function listenAs(side: keyof OriginPorts): Promise<number> {
  const answer = answerOf(side);
  const server = createServer({ noDelay: true }, (socket) => {
    let partial = "";
    socket.on("data", (bytes: Buffer) => {
      const text = partial + bytes.toString("latin1");
      const heads = text.split("\r\n\r\n");
      partial = heads.pop() as string;
      if (heads.length === 0) return;
      lastHeads[side] = heads.at(-1) as string;
      socket.write(heads.length === 1 ? answer : Buffer.concat(heads.map(() => answer)));
    });
    socket.on("error", () => undefined);
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function answerOf(side: string): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Side: ${side}\r\nCache-Control: no-cache\r\n`;
  // Content-Length has three digits.
  const bodyOctets = ANSWER_OCTETS - head.length - "Content-Length: 000\r\n\r\n".length;
  const body = JSON.stringify({ side, text: "" });
  const filled = JSON.stringify({ side, text: ".".repeat(bodyOctets - body.length) });
  return Buffer.from(`${head}Content-Length: ${bodyOctets}\r\n\r\n${filled}`, "latin1");
}

const ports: OriginPorts = { legacy: await listenAs("legacy"), modern: await listenAs("modern") };
answerParent<LastHeadsRequest>(async () => ({ ...lastHeads }) satisfies LastHeads);
tellParent(ports);
