import fc from "fast-check";
import { expect, it } from "vitest";
import { closeFrame, FrameBoundary } from "../../../src/transport/tunnel/frame-boundary.ts";

interface FrameShape {
  readonly length: number;
  readonly masked: boolean;
}

function frameOf({ length, masked }: FrameShape): Buffer {
  const header =
    length < 126
      ? [length]
      : length < 65_536
        ? [126, length >> 8, length & 255]
        : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
  header[0] = (header[0] as number) | (masked ? 0x80 : 0);
  return Buffer.concat([Buffer.from([0x82, ...header]), Buffer.alloc(masked ? 4 : 0, 7), Buffer.alloc(length, 0x88)]);
}

const shape = fc.record({
  length: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(125, 126, 127, 65_535, 65_536, 70_000)),
  masked: fc.boolean(),
});

it("knows where frames end, however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(shape, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 40_000 })),
      (shapes, cuts) => {
        const frames = shapes.map(frameOf);
        const stream = Buffer.concat(frames);
        const ends = new Set<number>();
        frames.reduce((at, frame) => (ends.add(at + frame.length), at + frame.length), 0);
        const boundary = new FrameBoundary();
        for (let at = 0; at < stream.length; ) {
          const chunk = stream.subarray(at, at + (cuts.next().value as number));
          const offset = boundary.take(chunk);
          const within = [...ends].filter((end) => end > at && end <= at + chunk.length);
          expect(offset).toBe(within.length === 0 ? -1 : Math.max(...within) - at);
          at += chunk.length;
          expect(boundary.between).toBe(ends.has(at));
        }
      },
    ),
    { numRuns: 200 },
  );
});

it("makes close frames that a WebSocket reader takes", () => {
  expect(closeFrame(4001, "bye", "client")).toEqual(Buffer.from([0x88, 5, 0x0f, 0xa1, 0x62, 0x79, 0x65]));
  expect(closeFrame(1001, "", "upstream")).toEqual(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9]));
  expect(closeFrame(1001, "r".repeat(500), "client").length).toBe(2 + 125);
});
