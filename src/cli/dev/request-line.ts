import type { Paint } from "../cli-context.ts";

/** The fields of a log line of figway that this file shows; a log line may lack any of them. */
interface LogLine {
  readonly level?: unknown;
  readonly time?: unknown;
  readonly msg?: unknown;
  readonly [field: string]: unknown;
}

const METHOD_WIDTH = 4;

/** A JSON log line of figway as a person reads it: requests with their decision, the rest as level, message and fields. */
export function readableLogLine(line: string, paint: Paint): string {
  const parsed = parse(line);
  if (parsed === undefined) return line;
  if (parsed.msg === "request") return requestLine(parsed, paint);
  return parsed.msg === "audit" ? auditLine(parsed, paint) : otherLine(parsed, paint);
}

/** `GET  /orders/7 200 modern flag-on orders alice 12ms` */
function requestLine(line: LogLine, paint: Paint): string {
  const side = text(line["side"]);
  const parts = [
    text(line["method"]).padEnd(METHOD_WIDTH),
    text(line["target"]),
    paint(statusColour(Number(line["status"])), text(line["status"])),
    side === "" ? "" : paint(side === "modern" ? ["bold", "magenta"] : ["bold", "blue"], side),
    text(line["reason"]),
    paint("dim", text(line["route"])),
    text(line["user"]),
    paint("dim", `${Math.round(Number(line["durationMs"]))}ms`),
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** `flag-changed orders-modern: off → on by alice (GA)` */
function auditLine(line: LogLine, paint: Paint): string {
  const why = text(line["why"]);
  const change = `${text(line["before"])} → ${text(line["after"])}`;
  const sentence = `${text(line["action"])} ${text(line["target"])}: ${change} by ${text(line["actor"])}`;
  return paint("bold", why === "" ? sentence : `${sentence} (${why})`);
}

function otherLine({ level, time: _time, msg, ...fields }: LogLine, paint: Paint): string {
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const message = text(msg);
  const isTrouble = level === "warn" || level === "error";
  return [
    isTrouble ? paint(level === "warn" ? "yellow" : "red", `${level}: ${message}`) : message,
    paint("dim", rest.join(" ")),
  ]
    .filter((part) => part !== "")
    .join(" ");
}

function statusColour(status: number): "green" | "yellow" | "red" {
  if (status >= 500) return "red";
  return status >= 400 ? "yellow" : "green";
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function parse(line: string): LogLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    // Something else that begins with a brace: shown as it is.
    return undefined;
  }
}
