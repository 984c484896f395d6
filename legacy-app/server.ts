import { isMain, portFromEnvironment, runApp, StartError } from "../demo/run-app.ts";
import { startLegacyApp } from "./start-legacy-app.ts";

export { createLegacyApp } from "./create-legacy-app.ts";
export { startLegacyApp } from "./start-legacy-app.ts";

if (isMain(import.meta.filename)) {
  await runApp("legacy-app", async () => {
    const { SESSION_SECRET, REDIS_URL, HOST, ORDERS_DIRECTORY } = process.env;
    if (!SESSION_SECRET) {
      throw new StartError(
        "legacy-app: SESSION_SECRET is not set; it signs the session cookie, and figway needs the same one.",
      );
    }
    return await startLegacyApp({
      port: portFromEnvironment(["LEGACY_PORT", "PORT"], 4000),
      host: HOST || "127.0.0.1",
      redisUrl: REDIS_URL || "redis://127.0.0.1:6379",
      sessionSecret: SESSION_SECRET,
      ordersDirectory: ORDERS_DIRECTORY || undefined,
      log: (line) => console.log(line),
    });
  });
}
