import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { StartError } from "./start-error.ts";
import { describeError } from "./telemetry/log.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
  /** Whether others may listen there as well (SO_REUSEPORT). Default: no. */
  readonly reusePort?: boolean;
}

/**
 * @param variable the environment variable that chooses another port
 * @throws StartError that says what to do
 */
export async function listen(server: Server, { host, port, reusePort = false }: Address, variable: string) {
  try {
    server.listen({ host, port, reusePort });
    await once(server, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new StartError(
        `Port ${port} is in use: stop what listens there, or choose another one with ${variable}=… .`,
        { cause: error },
      );
    }
    if (code === "EACCES")
      throw new StartError(`Port ${port} needs more rights: choose one above 1023 with ${variable}=… .`, {
        cause: error,
      });
    if (code === "ENOTSUP" && reusePort)
      throw new StartError("This system cannot share a port: take `listen.reusePort` out.", { cause: error });
    throw new StartError(`figway cannot listen on ${host}:${port}: ${describeError(error)}`, { cause: error });
  }
}

export function urlOf(server: Server, scheme: "http" | "https"): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
