import { once } from "node:events";
import { connect } from "node:net";

/** What came back, with the fields as they came. */
export interface Answer {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly text: string;
  /** The values of a field, in order; the name in lower case. */
  all(name: string): string[];
  json<T>(): T;
}

export interface Question {
  readonly method?: string;
  /** Default: the gateway's own address. */
  readonly host?: string;
  /** Sent octet for octet (latin1), in order. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** One request over a socket of its own, written octet for octet: no client's good manners in between. */
export async function ask(port: number, target: string, question: Question = {}): Promise<Answer> {
  const { method = "GET", host = `127.0.0.1:${port}`, fields = [], body } = question;
  const length: [string, string][] = body === undefined ? [] : [["Content-Length", String(Buffer.byteLength(body))]];
  const all = [["Host", host], ["Connection", "close"], ...length, ...fields];
  const head = all.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const octets = Buffer.from(body ?? "").toString("latin1");
  return parse(await exchange(port, `${method} ${target} HTTP/1.1\r\n${head}\r\n${octets}`));
}

/** Writes octets to the gateway and gives back all that comes until it closes the connection. */
export async function exchange(port: number, octets: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    received += text;
  });
  socket.on("error", () => undefined);
  socket.write(octets, "latin1");
  await once(socket, "close");
  return received;
}

function parse(received: string): Answer {
  const end = received.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = received.slice(0, end).split("\r\n");
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const status = Number(statusLine.split(" ")[1]);
  if (!(status >= 100)) throw new Error(`no answer: ${JSON.stringify(received.slice(0, 200))}`);
  // Interim answers come before the one that is asked for.
  if (status < 200 && status !== 101) return parse(received.slice(end + 4));
  const all = (name: string) => fields.filter(([held]) => held.toLowerCase() === name).map(([, value]) => value);
  const raw = received.slice(end + 4);
  const text = all("transfer-encoding").length > 0 ? unchunk(raw) : raw;
  return { status, fields, text: Buffer.from(text, "latin1").toString(), all, json: <T>() => JSON.parse(text) as T };
}

function unchunk(raw: string): string {
  let text = "";
  let at = 0;
  for (;;) {
    const lineEnd = raw.indexOf("\r\n", at);
    const size = Number.parseInt(raw.slice(at, lineEnd), 16);
    if (!(size > 0)) return text;
    text += raw.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}
