import { type Response, Router } from "express";
import { tickerOrder } from "../../demo/shop-data.ts";

export interface EventStreams {
  readonly router: Router;
  /** How many clients listen. */
  count(): number;
  endAll(): void;
}

/** The order ticker as server-sent events (WHATWG HTML §9.2). */
export function eventStreams(options: { tickMs: number; heartbeatMs: number }): EventStreams {
  const open = new Set<Response>();
  const router = Router();

  router.get("/events", (req, res) => {
    const user = req.session.user?.name ?? null;
    res.set({ "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
    res.flushHeaders();
    if (req.method === "HEAD") {
      res.end();
      return;
    }
    let count = 0;
    const send = () => {
      // A client that reads too slowly misses orders rather than fill our memory.
      if (res.writableNeedDrain) return;
      count += 1;
      const data = JSON.stringify({ servedBy: "legacy", user, order: tickerOrder(count) });
      res.write(`id: ${count}\nevent: order\ndata: ${data}\n\n`);
    };
    res.write("retry: 1000\n\n");
    send();
    const ticks = setInterval(send, options.tickMs);
    const heartbeats = setInterval(() => res.write(": heartbeat\n\n"), options.heartbeatMs);
    open.add(res);
    res.once("close", () => {
      clearInterval(ticks);
      clearInterval(heartbeats);
      open.delete(res);
    });
  });

  return {
    router,
    count: () => open.size,
    endAll: () => {
      for (const res of open) res.end();
    },
  };
}
