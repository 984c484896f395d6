import type { OpenTunnel, TunnelRegistry } from "./pipeline/services.ts";

/** RFC 6455 §7.4.1: 1001, going away. */
const GOING_AWAY = 1001;

export interface OpenTunnels extends TunnelRegistry {
  closeAll(): void;
}

export function createTunnelRegistry(): OpenTunnels {
  const open = new Set<OpenTunnel>();
  return {
    add(tunnel) {
      open.add(tunnel);
      return () => void open.delete(tunnel);
    },
    closeAll() {
      for (const tunnel of open) tunnel.close(GOING_AWAY, "going away");
    },
  };
}
