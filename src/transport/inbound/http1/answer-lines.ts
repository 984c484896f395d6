import type { RawHeaders } from "../../../model/raw-headers.ts";
import { isFieldValue, knownToken } from "../../http1/octets.ts";
import { httpDate } from "./http-date.ts";

/**
 * The field lines of an answer, with the `Date` that it must have where the upstream sent none (RFC 9110 §6.6.1).
 * `hasTrailers`: without chunks there are no trailers, and none may be announced.
 *
 * @throws Error where a field could break out of its line
 */
export function answerLines(headers: RawHeaders, hasTrailers: boolean): string {
  let text = "";
  let isDated = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length === 4 && name.toLowerCase() === "date") isDated = true;
    else if (name.length === 7 && !hasTrailers && name.toLowerCase() === "trailer") continue;
    text += lineOf(name, headers[i + 1] as string);
  }
  return isDated ? text : `${text}Date: ${httpDate(Date.now())}\r\n`;
}

/** The field lines of an interim answer. */
export function fieldLines(headers: RawHeaders): string {
  let text = "";
  for (let i = 0; i < headers.length; i += 2) text += lineOf(headers[i] as string, headers[i + 1] as string);
  return text;
}

/** The last door: what the stages before put in. */
function lineOf(name: string, value: string): string {
  if (knownToken(name) === "" || !isFieldValue(value))
    throw new Error(`the field ${JSON.stringify(name)} is malformed`);
  return `${name}: ${value}\r\n`;
}
