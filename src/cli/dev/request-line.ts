import type { Paint } from "../cli-context.ts";

/** The fields of a log line of figway that this file shows; a log line may lack any of them. */
interface LogLine {
  readonly level?: unknown;
  readonly time?: unknown;
  readonly msg?: unknown;
  readonly [field: string]: unknown;
}

const METHOD_WIDTH = 4;

/**
 * A JSON log line of figway as a person reads it: requests with their decision, the rest as level, message and fields. The
 * problems of a refused file stand below it, one on each line.
 */
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
  // Nothing changed, and what was wrong stands right above, from the log line of the refusal.
  if (line["action"] === "config-refused") return paint("bold", `config-refused ${text(line["target"])}`);
  const why = text(line["why"]);
  const change = `${text(line["before"])} → ${text(line["after"])}`;
  const sentence = `${text(line["action"])} ${text(line["target"])}: ${change} by ${text(line["actor"])}`;
  return paint("bold", why === "" ? sentence : `${sentence} (${why})`);
}

function otherLine({ level, time: _time, msg, problems, ...fields }: LogLine, paint: Paint): string {
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const message = text(msg);
  const isTrouble = level === "warn" || level === "error";
  const first = [
    isTrouble ? paint(level === "warn" ? "yellow" : "red", `${level}: ${message}`) : message,
    paint("dim", rest.join(" ")),
  ]
    .filter((part) => part !== "")
    .join(" ");
  return [first, ...problemLines(problems)].join("\n");
}

/** `  3:94 identity.session.subject: This must be … See docs/…`; sentences are shown as they are. */
function problemLines(problems: unknown): string[] {
  if (!Array.isArray(problems)) return [];
  return problems.map((problem: unknown) => {
    if (typeof problem !== "object" || problem === null) return `  ${text(problem)}`;
    const { line, column, path, message, remedy } = problem as Record<string, unknown>;
    const place = [line, column]
      .map(text)
      .filter((part) => part !== "")
      .join(":");
    const where = [place, text(path)].filter((part) => part !== "").join(" ");
    return `  ${where === "" ? "" : `${where}: `}${text(message)} ${text(remedy)}`;
  });
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
