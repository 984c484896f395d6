import { Agent, request } from "node:http";

export interface Reply {
  readonly status: number;
  readonly setCookies: readonly string[];
  readonly text: string;
}

/**
 * Few kept connections for many users' requests, one after the other, as a balancer in front of the gateway has them. Rejects when the
 * connection is cut.
 */
export function openSharedConnections(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 12 });
  return {
    close: () => agent.destroy(),
    send(question: {
      method: string;
      path: string;
      headers: Record<string, string>;
      body?: string;
      /** Leaves after so many milliseconds, wherever the answer is by then. */
      leaveAfterMs?: number | undefined;
    }): Promise<Reply | "left"> {
      const { method, path, headers, body, leaveAfterMs } = question;
      return new Promise((resolve, reject) => {
        const asking = request({ agent, host: "127.0.0.1", port, method, path, headers }, (answer) => {
          let text = "";
          answer.setEncoding("utf8");
          answer.on("data", (part: string) => {
            text += part;
          });
          answer.on("error", reject);
          answer.on("end", () =>
            resolve({ status: answer.statusCode ?? 0, setCookies: answer.headers["set-cookie"] ?? [], text }),
          );
        });
        asking.on("error", reject);
        asking.end(body);
        if (leaveAfterMs === undefined) return;
        setTimeout(() => {
          resolve("left");
          asking.destroy();
        }, leaveAfterMs);
      });
    },
  };
}

export type SharedConnections = ReturnType<typeof openSharedConnections>;
