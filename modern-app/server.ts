import { isMain, portFromEnvironment, runApp, StartError } from "../demo/run-app.ts";
import type { TokenAlgorithm } from "../src/verify.ts";
import { startModernApp } from "./start-modern-app.ts";

export { createModernApp } from "./create-modern-app.ts";
export { startModernApp } from "./start-modern-app.ts";

if (isMain(import.meta.filename)) {
  await runApp("modern-app", async () => {
    const { FIGWAY_JWKS_URL, TOKEN_ISSUER, TOKEN_AUDIENCE, TOKEN_ALGORITHM, HOST, ORDERS_DIRECTORY } = process.env;
    return await startModernApp({
      port: portFromEnvironment(["MODERN_PORT", "PORT"], 5000),
      host: HOST || "127.0.0.1",
      jwksUrl: parseJwksUrl(FIGWAY_JWKS_URL || "http://127.0.0.1:3000/.figway/jwks.json"),
      issuer: TOKEN_ISSUER || "figway",
      audience: TOKEN_AUDIENCE || "shop-modern",
      algorithms: [parseAlgorithm(TOKEN_ALGORITHM || "ES256")],
      ordersDirectory: ORDERS_DIRECTORY || undefined,
      log: (line) => console.log(line),
    });
  });
}

function parseJwksUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new StartError(
    `modern-app: FIGWAY_JWKS_URL is "${text}", but it must be the http address of figway's key set.`,
  );
}

function parseAlgorithm(text: string): TokenAlgorithm {
  if (text === "ES256" || text === "EdDSA") return text;
  throw new StartError(`modern-app: TOKEN_ALGORITHM is "${text}", but figway signs with ES256 or EdDSA.`);
}
