export interface Column {
  readonly title: string;
  /** Numbers stand at the right. Default: left. */
  readonly align?: "left" | "right";
}

/** A table of plain text: columns padded to their widest cell, two spaces between them. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? "").length)));
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, i) => {
        const cell = cells[i] ?? "";
        return align === "right" ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number);
      })
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [line(columns.map(({ title }) => title)), rule, ...rows.map(line)].join("\n");
}

const BARS = "▁▂▃▄▅▆▇█";

/** A series as a row of bars, between its least and its greatest value; at most `width` of them, evenly picked. */
export function sparkline(values: readonly number[], width = 40): string {
  const picked =
    values.length <= width
      ? values
      : Array.from({ length: width }, (_, i) => values[Math.floor((i * values.length) / width)] as number);
  const low = Math.min(...picked);
  const span = Math.max(...picked) - low;
  return picked.map((value) => BARS[span === 0 ? 0 : Math.round(((value - low) / span) * 7)]).join("");
}
