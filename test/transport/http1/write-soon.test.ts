import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { writeSoon } from "../../../src/transport/http1/write-soon.ts";

function socketInto(written: string[], name: string): Socket & { destroyed: boolean } {
  const socket = { destroyed: false, write: (text: string) => void written.push(`${name}: ${text}`) };
  return socket as unknown as Socket & { destroyed: boolean };
}

it("what is to be written in one turn of the loop goes out behind it, in order, and nothing to who is gone", async () => {
  const written: string[] = [];
  const [one, two, gone] = ["one", "two", "gone"].map((name) => socketInto(written, name)) as [Socket, Socket, Socket];
  writeSoon(one, "a");
  writeSoon(gone, "b");
  writeSoon(two, "c");
  (gone as { destroyed: boolean }).destroyed = true;
  await Promise.resolve();
  expect(written).toEqual([]);
  await turn();
  expect(written).toEqual(["one: a", "two: c"]);
});

it("what is asked for while others are written goes out in the next turn", async () => {
  const written: string[] = [];
  const second = socketInto(written, "second");
  const first = { destroyed: false, write: () => writeSoon(second, "later") } as unknown as Socket;
  writeSoon(first, "now");
  await turn();
  await turn();
  expect(written).toEqual(["second: later"]);
});
