import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type ListedConversation, type Me, hangUp } from "../client";
import { Confirm } from "../parts/Confirm";
import { Icon } from "../parts/Icon";
import { fill, texts } from "../texts";
import { shownNumber } from "../words/phone";
import { KeySheet } from "./KeySheet";
import { Palette } from "./Palette";
import { useShortcuts } from "./useShortcuts";

const T = texts.palette;

/** The button of the top line that finds and does, its palette, and the sheet of keys. */
export function Commands({ me }: { me: Me }) {
  const [shown, setShown] = useState<"palette" | "keys">();
  const [ending, setEnding] = useState<ListedConversation>();
  const queries = useQueryClient();
  useShortcuts({ palette: () => setShown((now) => (now === "palette" ? undefined : "palette")), sheet: () => setShown("keys") });
  const other = ending && shownNumber(ending.direction === "inbound" ? ending.caller : ending.callee);
  return (
    <>
      <button type="button" className="find" aria-label={T.title} aria-keyshortcuts="Control+K" onClick={() => setShown("palette")}>
        <Icon name="search" />
        <span>{T.find}</span>
        <kbd>{T.control}</kbd>
      </button>
      {shown === "palette" && <Palette me={me} onClose={() => setShown(undefined)} onKeys={() => setShown("keys")} onHangUp={setEnding} />}
      <KeySheet open={shown === "keys"} onClose={() => setShown(undefined)} />
      <Confirm
        open={ending !== undefined}
        onOpenChange={(open) => !open && setEnding(undefined)}
        title={fill(texts.call.hangUpTitle, { who: other ?? "" })}
        text={texts.call.hangUpText}
        verb={texts.call.hangUp}
        act={async () => {
          await hangUp({ path: { conversation_id: ending?.id ?? 0 }, throwOnError: true });
          await queries.invalidateQueries({ queryKey: ["conversations"] });
        }}
      />
    </>
  );
}
