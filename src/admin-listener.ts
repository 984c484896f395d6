import { createServer } from "node:http";
import type { AdminServices } from "./admin/admin-services.ts";
import { createAdminApp } from "./admin/create-admin-app.ts";
import { adminServicesOf, type GatewayParts } from "./admin-services-of.ts";
import type { Core } from "./gateway-core.ts";
import { listen, urlOf } from "./listen.ts";
import { describeError } from "./telemetry/log.ts";
import { createTrafficSeries } from "./telemetry/traffic-series.ts";

export interface AdminListener {
  readonly url: string;
  close(): void;
}

export interface AdminOptions {
  readonly publicUrl: () => string;
  /** Stands in for what this process knows by itself. */
  readonly parts?: Partial<Pick<GatewayParts, "metrics" | "live" | "readiness">>;
  /** What others have to hear of, or to add. */
  readonly extend?: (services: AdminServices) => AdminServices;
}

export async function openAdminListener(core: Core, options: AdminOptions): Promise<AdminListener> {
  const { extend = (services) => services, publicUrl } = options;
  const parts = { ...core, ...options.parts };
  const traffic = createTrafficSeries({
    registry: parts.metrics.registry,
    nowMs: Date.now,
    onProblem: (error) => core.log.warn("the counters could not be read", { cause: describeError(error) }),
  });
  const addresses = (): { public: string; admin: string } => ({ public: publicUrl(), admin: urlOf(server, "http") });
  const services = adminServicesOf({ ...parts, addresses, traffic: traffic.read });
  const server = createServer(createAdminApp(extend(services)));
  try {
    await listen(server, core.config.admin, "ADMIN_PORT");
  } catch (error) {
    traffic.close();
    throw error;
  }
  return {
    url: urlOf(server, "http"),
    close() {
      traffic.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
