import type { ReactNode } from "react";
import { texts } from "../../../texts";

export const SECTIONS = ["says", "speaks", "parts", "tools", "silence", "keypad", "variables"] as const;
export type SectionName = (typeof SECTIONS)[number];

/** Which fields stand in a section; what begins with none of these stands under the first. */
export const HOLDS: Readonly<Record<SectionName, readonly string[]>> = {
  says: [],
  speaks: ["turn.", "turn_end"],
  parts: ["stt", "llm", "tts", "vad"],
  tools: ["tools"],
  silence: ["idle", "unclear", "error_message", "filler", "warning", "duration", "max_duration", "deadlines", "record", "hello_wait"],
  keypad: ["keypad"],
  variables: ["variables"],
};

/** The section of a changed field. */
export function sectionOf(field: string): SectionName {
  return SECTIONS.find((each) => HOLDS[each].some((beginning) => field.startsWith(beginning))) ?? "says";
}

export function Section({ name, remark, children }: { name: SectionName; remark?: ReactNode; children: ReactNode }) {
  return (
    <section id={name} aria-labelledby={`${name}-title`}>
      <div className="section-head">
        <h2 id={`${name}-title`}>{texts.assistant_sections[name]}</h2>
        {remark && <span className="remark">{remark}</span>}
      </div>
      {children}
    </section>
  );
}
