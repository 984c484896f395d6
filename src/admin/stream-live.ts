import type { RequestHandler, Response } from "express";
import type { LiveEvent, LiveFeed } from "../telemetry/live-feed.ts";
import { problem } from "./refusal.ts";

/** How many may watch at once. */
const MOST_READERS = 16;

/** What may wait for a slow reader, in octets; beyond it events are left out. */
const MOST_UNSENT_BYTES = 65_536;

/** How often a word is said when nothing happens, in milliseconds, so that nobody in between cuts the connection. */
const HEARTBEAT_MS = 15_000;

/**
 * The live feed as an event stream (WHATWG HTML §9.2): each settled exchange as a message whose data is a `LiveEvent`, and an event
 * `missed` with `{"count": n}` where some were left out. A reader that takes nothing for two heartbeats is cut off.
 */
export function streamLive(feed: LiveFeed): RequestHandler {
  return function stream(request, response): void {
    if (feed.readerCount >= MOST_READERS) {
      response.set("Retry-After", "10");
      problem(response, 503, `${MOST_READERS} readers watch already; close one of them.`);
      return;
    }
    response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    // The head goes out now: a reader must see that it is heard before anything happens.
    response.write(": watching\n\n");
    const end = feed.subscribe({
      take(events, missed) {
        if (response.writableLength > MOST_UNSENT_BYTES) return "busy";
        response.write(encode(events, missed));
        return "taken";
      },
    });
    const heartbeat = startHeartbeat(response);
    response.on("close", () => {
      clearInterval(heartbeat);
      end();
    });
  };
}

function startHeartbeat(response: Response): NodeJS.Timeout {
  let stuckBeats = 0;
  return setInterval(() => {
    const isStuck = response.writableLength > MOST_UNSENT_BYTES;
    stuckBeats = isStuck ? stuckBeats + 1 : 0;
    if (!isStuck) response.write(": nothing new\n\n");
    else if (stuckBeats > 1) response.destroy();
  }, HEARTBEAT_MS).unref();
}

function encode(events: readonly LiveEvent[], missed: number): string {
  const gap = missed > 0 ? `event: missed\ndata: {"count":${missed}}\n\n` : "";
  // JSON has no line breaks of its own, so one data line holds an event.
  return gap + events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
}
