import { setImmediate, setTimeout as pause } from "node:timers/promises";
import { followCertificate, readCertificate } from "./certificate.ts";
import type { Core } from "./gateway-core.ts";
import { listen, urlOf } from "./listen.ts";
import { createListener } from "./transport/inbound/create-listener.ts";

export interface PublicListener {
  readonly url: string;
  /** Says for `afterMs` that it is not ready while it goes on, then finishes what is in flight within the drain deadline. */
  stop(afterMs: number): Promise<void>;
}

/** `share`: how many processes serve the listener; `listen.limits.maxConnections` is for all of them. */
export async function openPublicListener(core: Core, share = 1): Promise<PublicListener> {
  const { config, gateway, metrics, baseDir, log, tunnels } = core;
  const { limits, timeouts, tls } = config.listen;
  const listener = createListener({
    limits: { ...limits, maxConnections: Math.ceil(limits.maxConnections / share) },
    timeouts,
    tls: tls === undefined ? undefined : readCertificate(tls, baseDir),
    http2: tls?.http2 === true,
    onRequest: (request, client) => void gateway.handleRequest(request, client),
    onUpgrade: (request, socket, head) => void gateway.handleUpgrade(request, socket, head),
    onProtocolFailure: metrics.requestRefused,
  });
  const certificateWatch =
    tls === undefined ? undefined : followCertificate({ tls, baseDir, log, replace: listener.replaceCertificate });
  try {
    await listen(listener.server, config.listen, "PORT");
  } catch (error) {
    certificateWatch?.close();
    throw error;
  }
  let stopped: Promise<void> | undefined;
  return {
    url: urlOf(listener.server, tls === undefined ? "http" : "https"),
    stop(afterMs) {
      stopped ??= stop(afterMs);
      return stopped;
    },
  };

  async function stop(afterMs: number): Promise<void> {
    core.announceStop();
    if (afterMs > 0) await pause(afterMs);
    certificateWatch?.close();
    tunnels.closeAll();
    // What the kernel has queued for this socket dies with it: it is closed right after a look at the queue.
    if (config.listen.reusePort) await setImmediate();
    await listener.drain(core.reloads.current().snapshot.config.listen.timeouts.drainTimeoutMs);
  }
}
