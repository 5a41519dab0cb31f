import { fill, texts } from "../../../texts";

/** What the version that answers has instead. */
export function Was({ before, version, spoken }: { before: unknown; version: number | undefined; spoken?: boolean }) {
  if (version === undefined) {
    return null;
  }
  return (
    <p className="hint was">
      {fill(texts.assistant.versionHas, { n: version })} {before === undefined || before === null || before === "" ? texts.assistant.nothing : <s className={spoken ? "spoken" : undefined}>{inWords(before)}</s>}
    </p>
  );
}

/** A value in one line. */
export function inWords(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  if (value === undefined || value === null) {
    return texts.assistant.nothing;
  }
  if (typeof value === "boolean") {
    return value ? texts.assistant.yes : texts.assistant.no;
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
