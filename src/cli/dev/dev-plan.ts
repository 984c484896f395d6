import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CommandFailure } from "../command-failure.ts";
import { readDevEnvironment } from "../dev-environment.ts";
import { whyPortIsTaken } from "./ports.ts";
import { packageRoot } from "./sibling.ts";

/** One listener of the demo: the variable that moves it, and where it is by default. */
interface PlannedPort {
  readonly variable: string;
  readonly usedBy: string;
  readonly port: number;
}

export interface DevPlan {
  readonly configFile: string;
  readonly publicUrl: string;
  readonly adminUrl: string;
  readonly legacyUrl: string;
  readonly modernUrl: string;
  readonly sessionSecret: string;
  readonly legacyEntry: string;
  readonly modernEntry: string;
  /** The variables of the plan; what a child needs beyond its parent's environment. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Ports, secret and files, all checked before anything is started. */
export async function planDev(configFile: string, environment: Readonly<NodeJS.ProcessEnv>): Promise<DevPlan> {
  if (!existsSync(configFile)) {
    throw new CommandFailure(
      `${configFile} does not exist; run figway dev in a folder that has one, or make one with: figway init`,
    );
  }
  const [port, adminPort, legacyPort, modernPort] = [
    plannedPort(environment, "PORT", "figway", 3000),
    plannedPort(environment, "ADMIN_PORT", "figway's admin listener", 3001),
    plannedPort(environment, "LEGACY_PORT", "legacy-app", 4000),
    plannedPort(environment, "MODERN_PORT", "modern-app", 5000),
  ];
  await checkPorts([port, adminPort, legacyPort, modernPort]);
  const sessionSecret =
    environment["SESSION_SECRET"] ||
    readDevEnvironment(configFile)["SESSION_SECRET"] ||
    randomBytes(32).toString("base64url");
  const loopback = ({ port }: PlannedPort) => `http://127.0.0.1:${port}`;
  return {
    configFile,
    publicUrl: loopback(port),
    adminUrl: loopback(adminPort),
    legacyUrl: loopback(legacyPort),
    modernUrl: loopback(modernPort),
    sessionSecret,
    legacyEntry: demoFile("legacy-app/server.ts"),
    modernEntry: demoFile("modern-app/server.ts"),
    variables: {
      PORT: String(port.port),
      ADMIN_PORT: String(adminPort.port),
      LEGACY_PORT: String(legacyPort.port),
      MODERN_PORT: String(modernPort.port),
      LEGACY_URL: loopback(legacyPort),
      MODERN_URL: loopback(modernPort),
      SESSION_SECRET: sessionSecret,
    },
  };
}

function plannedPort(
  environment: Readonly<NodeJS.ProcessEnv>,
  variable: string,
  usedBy: string,
  fallback: number,
): PlannedPort {
  const given = environment[variable];
  if (given === undefined || given === "") return { variable, usedBy, port: fallback };
  const port = Number(given);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new CommandFailure(
      `${variable} is "${given}", which is no port; set it to a number from 1 to 65535, or unset it.`,
    );
  }
  return { variable, usedBy, port };
}

async function checkPorts(ports: readonly PlannedPort[]): Promise<void> {
  for (const [index, { variable, usedBy, port }] of ports.entries()) {
    const twin = ports.slice(0, index).find((other) => other.port === port);
    if (twin !== undefined) {
      throw new CommandFailure(
        `${usedBy} and ${twin.usedBy} are both to listen on port ${port}; give ${variable} another number.`,
      );
    }
    const code = await whyPortIsTaken(port);
    if (code === undefined) continue;
    const what = code === "EADDRINUSE" ? "is in use by another program" : `cannot be listened on (${code})`;
    throw new CommandFailure(
      `Port ${port} (${usedBy}) ${what}; stop that program, or choose another port: ${variable}=${port + 100} npm start`,
    );
  }
}

/** The demo's applications lie in figway's repository; the published package does not bring them. */
function demoFile(path: string): string {
  const file = join(packageRoot, path);
  if (existsSync(file)) return file;
  throw new CommandFailure(
    `${file} is missing: figway dev runs the demo of figway's repository. To run figway before your own applications, use: figway start`,
  );
}
