import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type RunningGateway, start } from "../../src/start.ts";
import { openSides, type Sides, type SidesOptions } from "./open-sides.ts";

const FIXTURES = resolve(import.meta.dirname, "../fixtures/tls");

export const TEST_CA = readFileSync(join(FIXTURES, "ca.pem"));

/** figway behind TLS, with the certificate of the tests in a directory of its own. */
export interface SecureGateway {
  readonly sides: Sides;
  readonly gateway: RunningGateway;
  readonly port: number;
  stop(): Promise<void>;
}

export async function startSecure(
  options: SidesOptions & { readonly tls?: Record<string, unknown>; readonly listen?: Record<string, unknown> } = {},
): Promise<SecureGateway> {
  const sides = await openSides({
    ...options,
    configure(config) {
      const tls = { certificateFile: "tls/server.pem", keyFile: "tls/server.key", ...options.tls };
      config["listen"] = { ...options.listen, tls };
      options.configure?.(config);
    },
  });
  mkdirSync(join(sides.directory, "tls"));
  installCertificate(sides, "server");
  const gateway = await start({
    configFile: sides.configFile,
    environment: { PORT: "0", ADMIN_PORT: "0" },
    logLevel: "silent",
  });
  return {
    sides,
    gateway,
    port: Number(new URL(gateway.publicUrl).port),
    async stop() {
      await gateway.stop();
      sides.close();
    },
  };
}

/** `name`: of the pair in test/fixtures/tls. */
export function installCertificate({ directory }: Sides, name: string): void {
  copyFileSync(join(FIXTURES, `${name}.pem`), join(directory, "tls/server.pem"));
  copyFileSync(join(FIXTURES, `${name}.key`), join(directory, "tls/server.key"));
}
