import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createSecureContext } from "node:tls";
import type { InboundTls } from "./config/schema/listen.ts";
import { watchFile } from "./config/watch-file.ts";
import { StartError } from "./start-error.ts";
import { describeError, type Log } from "./telemetry/log.ts";
import type { TlsMaterial } from "./transport/inbound/create-listener.ts";

/** @throws StartError that names the file, where there is no certificate that fits its key */
export function readCertificate(tls: InboundTls, baseDir: string): TlsMaterial {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(resolve(baseDir, file));
    } catch (error) {
      throw new StartError(`The certificate or key ${file} cannot be read: ${describeError(error)}`, { cause: error });
    }
  };
  const material = {
    certificate: read(tls.certificateFile),
    key: read(tls.keyFile),
    minimumVersion: tls.minimumVersion,
  };
  try {
    // Throws where either is damaged, or where they do not belong together.
    createSecureContext({ cert: material.certificate, key: material.key });
  } catch (error) {
    const files = `${tls.certificateFile} and ${tls.keyFile}`;
    throw new StartError(`${files} are no certificate with its key: ${describeError(error)}`, { cause: error });
  }
  return material;
}

/** Both files are written one after the other; for so long they may not fit each other, in milliseconds. */
const SETTLE_MS = 1_000;

/** Puts a changed certificate in force for new handshakes. A bad one is told of and changes nothing. */
export function followCertificate(options: {
  tls: InboundTls;
  baseDir: string;
  log: Pick<Log, "info" | "error">;
  replace: (material: TlsMaterial) => void;
}): { close(): void } {
  const { tls, baseDir, log, replace } = options;
  let retry: NodeJS.Timeout | undefined;
  const files = [tls.certificateFile, tls.keyFile];
  const onChange = (): void => {
    clearTimeout(retry);
    if (!take(false)) retry = setTimeout(() => take(true), SETTLE_MS).unref();
  };
  const watches = files.map((file) => watchFile({ path: resolve(baseDir, file), onChange }));
  return {
    close() {
      clearTimeout(retry);
      for (const watch of watches) watch.close();
    },
  };

  function take(isLastTry: boolean): boolean {
    try {
      const material = readCertificate(tls, baseDir);
      replace(material);
      const { subject, validTo, serialNumber } = new X509Certificate(material.certificate);
      log.info("the new certificate is in force for new connections", { subject, validTo, serialNumber });
      return true;
    } catch (error) {
      const kept = "the changed certificate was refused; the last good one stays in force";
      if (isLastTry) log.error(kept, { files, cause: describeError(error) });
      return false;
    }
  }
}
