import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Request, type Response, Router } from "express";

const MEBIBYTE = 1024 * 1024;
const MAX_DOWNLOAD_MB = 4_096;

/** Bytes in and bytes out. Neither direction holds more than a chunk, however large the body. */
export function transferRoutes(): Router {
  const router = Router();
  router.post("/upload", receive);
  router.put("/upload", receive);
  router.get("/download", send);
  return router;
}

/** Counts the body as it came over the wire, multipart framing included. */
async function receive(req: Request, res: Response): Promise<void> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      hash.update(chunk);
    }
  } catch (error) {
    // The client left in the middle: there is nobody to answer.
    if (req.readableAborted || req.destroyed) return;
    throw error;
  }
  res.json({ bytes, sha256: hash.digest("hex"), servedBy: "legacy" });
}

async function send(req: Request, res: Response): Promise<void> {
  const megabytes = Number(req.query["mb"] ?? 5);
  if (!Number.isInteger(megabytes) || megabytes < 0 || megabytes > MAX_DOWNLOAD_MB) {
    res.status(400).json({ error: `mb must be a whole number from 0 to ${MAX_DOWNLOAD_MB}` });
    return;
  }
  res.set({
    "content-type": "application/octet-stream",
    "content-length": String(megabytes * MEBIBYTE),
    "content-disposition": `attachment; filename="catalogue-${megabytes}mb.bin"`,
  });
  if (req.method === "HEAD") {
    res.end();
    return;
  }
  try {
    await pipeline(Readable.from(downloadBlocks(megabytes), { objectMode: true, highWaterMark: 1 }), res);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  }
}

/**
 * The same bytes every time, in blocks of 64 KiB. Each block begins with its own number (big-endian), so that a block lost, doubled
 * or out of order changes the whole.
 */
export function* downloadBlocks(megabytes: number): Generator<Buffer> {
  const pattern = Buffer.alloc(64 * 1024);
  for (let i = 0; i < pattern.length; i += 1) pattern[i] = (i * 31 + (i >> 8) * 7) & 0xff;
  for (let index = 0; index < (megabytes * MEBIBYTE) / pattern.length; index += 1) {
    const block = Buffer.from(pattern);
    block.writeUInt32BE(index, 0);
    yield block;
  }
}
