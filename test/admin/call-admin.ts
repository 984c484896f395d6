import { type IncomingHttpHeaders, request } from "node:http";

export interface AdminReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json<T = Record<string, unknown>>(): T;
}

export interface AdminCall {
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly text?: string;
}

/** One request over a socket of its own, with any Host and any target: what fetch would not let a test send. */
export function callAdmin(url: string, method: string, path: string, call: AdminCall = {}): Promise<AdminReply> {
  const { hostname, port } = new URL(url);
  const body = call.text ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  const type: Record<string, string> =
    body === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const headers = { ...type, ...call.headers };
    const sent = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const { statusCode = 0, headers: fields } = response;
        resolve({ status: statusCode, headers: fields, text, json: <T>() => JSON.parse(text) as T });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}
