import { Socket } from "node:net";

/** Takes `bytes[0, length)`, which is lent for the call. */
export type OnLentBytes = (bytes: Buffer, length: number) => void;

/** The inside of a socket whose reads go to a buffer of the user's (`onread`), as far as it is used here. */
interface ReadingHandle {
  useUserBuffer?(buffer: Buffer): void;
}

const READ_BUFFER_BYTES = 65_536;
const buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
const slots = findSlots();

/**
 * Lets an accepted socket read into one buffer that all of them share: libuv reads and calls back in one go, so nobody is in the other's
 * way, and each read is spared an allocation of 64 KB. For sockets that one opens oneself `net.connect` has the option `onread`; for
 * accepted ones it has none (Node 20 to 26), so the two fields that the option sets are set here. Where a Node keeps them otherwise,
 * nothing is set and the octets come with `data` as ever.
 *
 * Returns how to give the socket back as a plain stream: what comes from then on can be read from it.
 */
export function readLent(socket: Socket, onBytes: OnLentBytes): () => void {
  const handle = (socket as { _handle?: ReadingHandle })._handle;
  const fields = socket as unknown as Record<symbol, unknown>;
  // A TLS socket's octets are made by decryption, not by a read; on Windows a read is posted with its buffer beforehand.
  const fits = slots !== undefined && socket.constructor === Socket && fields[slots.buffer] === null;
  if (!fits || handle?.useUserBuffer === undefined || process.platform === "win32") {
    const onData = (bytes: Buffer): void => onBytes(bytes, bytes.length);
    socket.on("data", onData);
    return () => socket.off("data", onData);
  }
  let isPlain = false;
  handle.useUserBuffer(buffer);
  fields[slots.buffer] = buffer;
  fields[slots.callback] = (length: number): boolean => {
    if (isPlain) return socket.push(Buffer.from(buffer.subarray(0, length)));
    onBytes(buffer, length);
    return true;
  };
  socket.resume();
  return () => {
    isPlain = true;
  };
}

/** Where a socket keeps what `onread` says. */
function findSlots(): { readonly buffer: symbol; readonly callback: symbol } | undefined {
  const callback = (): boolean => true;
  const probe = new Socket({ onread: { buffer, callback } });
  const fields = probe as unknown as Record<symbol, unknown>;
  const holding = (value: unknown) => Object.getOwnPropertySymbols(probe).find((symbol) => fields[symbol] === value);
  const bufferSlot = holding(buffer);
  const callbackSlot = holding(callback);
  return bufferSlot === undefined || callbackSlot === undefined
    ? undefined
    : { buffer: bufferSlot, callback: callbackSlot };
}
