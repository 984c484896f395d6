import { afterEach, expect, it } from "vitest";
import { freePort } from "../doubles/free-port.ts";
import { type Load, startLoad } from "../doubles/load.ts";
import { openSides, type Sides } from "../doubles/open-sides.ts";
import { type FigwayProcess, startProcess } from "../doubles/start-process.ts";
import { eventually } from "../doubles/start-shop.ts";

let sides: Sides | undefined;
let load: Load | undefined;
const processes: FigwayProcess[] = [];

afterEach(async () => {
  await load?.stop();
  await Promise.all(processes.splice(0).map((figway) => figway.stop()));
  sides?.close();
});

async function startOne(configFile: string, port?: number): Promise<FigwayProcess> {
  const figway = await startProcess({ configFile, ...(port === undefined ? {} : { port }) });
  processes.push(figway);
  return figway;
}

const readiness = async ({ adminUrl }: FigwayProcess): Promise<number> => (await fetch(`${adminUrl}/readyz`)).status;

it("a figway that is stopped behind a balancer fails no request: not ready first, then a drain", async () => {
  sides = await openSides({
    configure(config) {
      config["listen"] = { timeouts: { drainDelayMs: 1_500 } };
    },
  });
  const [first, second] = [await startOne(sides.configFile), await startOne(sides.configFile)];
  // The balancer: sends to the first until it has heard that it is not ready.
  let target = first.url;
  load = startLoad({ url: () => `${target}/x`, connections: 8 });
  await eventually(() => expect(load?.answered).toBeGreaterThan(200), 10_000);
  const stopped = first.stop();
  await eventually(async () => expect(await readiness(first)).toBe(503));
  const atNotReady = load.answered;
  await eventually(() => expect(load?.answered).toBeGreaterThan(atNotReady + 20));
  target = second.url;
  expect(await stopped).toBe(0);
  const atEnd = load.answered;
  await eventually(() => expect(load?.answered).toBeGreaterThan(atEnd + 100), 10_000);
  await load.stop();
  expect(load.failures).toEqual([]);
});

it.skipIf(process.platform === "win32" || process.platform === "darwin")(
  "two figways on one port: the first one ends under load, and no request fails (not on this system)",
  async () => {
    sides = await openSides({
      configure(config) {
        config["listen"] = { reusePort: true };
      },
    });
    const port = await freePort();
    const first = await startOne(sides.configFile, port);
    load = startLoad({ url: () => `${first.url}/x`, connections: 8 });
    await eventually(() => expect(load?.answered).toBeGreaterThan(200), 10_000);
    const second = await startOne(sides.configFile, port);
    expect(await first.stop()).toBe(0);
    const atEnd = load.answered;
    await eventually(() => expect(load?.answered).toBeGreaterThan(atEnd + 200), 10_000);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await (await fetch(`${second.url}/y`)).text()).toBe("legacy /y");
  },
);

it("routes.json reloads under load, and no request fails or goes where it should not", async () => {
  sides = await openSides();
  const figway = await startOne(sides.configFile);
  load = startLoad({
    url: () => `${figway.url}/moved/x`,
    connections: 8,
    check: ({ body }) => (body === "modern /moved/x" ? undefined : `answered by ${body}`),
  });
  for (let i = 1; i <= 5; i++) {
    sides.writeConfig((config) => {
      (config["routes"] as unknown[]).push({ id: `more-${i}`, path: `/more-${i}`, to: "modern" });
      (config["upstreams"] as Record<string, object>)["modern"] = { url: sides?.modernUrl, queueTimeoutMs: 1_000 + i };
    });
    await eventually(async () => {
      expect(await (await fetch(`${figway.url}/more-${i}`)).text()).toBe(`modern /more-${i}`);
    }, 10_000);
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.answered).toBeGreaterThan(100);
});

it("a second start on a port that is not shared says so", async () => {
  sides = await openSides();
  const port = await freePort();
  await startOne(sides.configFile, port);
  const second = await startProcess({ configFile: sides.configFile, port, wait: "none" });
  expect(await second.ended).toBe(1);
  expect(second.errors()).toContain(`Port ${port} is in use`);
});

it.each(["0", "257", "two"])("%s workers is wrong usage", async (workers) => {
  sides = await openSides();
  const args = ["--workers", workers];
  const figway = await startProcess({ configFile: sides.configFile, args, wait: "none" });
  expect(await figway.ended).toBe(2);
  expect(figway.errors()).toContain("It must be a number from 1 to 256, or auto.");
});
