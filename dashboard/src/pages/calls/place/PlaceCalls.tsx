import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ME } from "../../../api/session";
import { LockedButton } from "../../../parts/LockedButton";
import { SideSheet } from "../../../parts/SideSheet";
import { texts } from "../../../texts";
import { ManyCalls } from "./ManyCalls";
import { OneCall } from "./OneCall";
import "./place.css";

const T = texts.placeCall;

/** Calls to people, from the list of calls: one, or many from a file. */
export function PlaceCalls() {
  const { data: me } = useSuspenseQuery(ME);
  const [open, setOpen] = useState<"one" | "many" | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <LockedButton role={me.role} needs="editor" icon="file" onClick={() => setOpen("many")}>
        {T.many}
      </LockedButton>
      <LockedButton role={me.role} needs="editor" look="act" icon="phone" onClick={() => setOpen("one")}>
        {T.one}
      </LockedButton>
      <SideSheet open={open === "one"} title={T.one} onClose={close}>
        <OneCall onClose={close} />
      </SideSheet>
      <SideSheet open={open === "many"} title={T.many} onClose={close}>
        <ManyCalls onClose={close} />
      </SideSheet>
    </>
  );
}
