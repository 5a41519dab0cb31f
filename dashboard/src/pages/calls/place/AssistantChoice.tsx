import { useQuery } from "@tanstack/react-query";
import { Problem } from "../../../parts/Problem";
import { Select } from "../../../parts/Select";
import { texts } from "../../../texts";
import { ASSISTANTS } from "../queries";

const T = texts.placeCall;

/** Assistants that can call: those that are on the phone. */
export function useCallers(chosen: number | null) {
  const found = useQuery(ASSISTANTS);
  const able = found.data?.filter((each) => each.on_phone !== null && each.published_version !== null) ?? [];
  return { error: found.error, able, id: chosen ?? able.find((each) => each.on_phone?.phone_number)?.id ?? able[0]?.id ?? null };
}

export function AssistantChoice({ callers, onChoose }: { callers: ReturnType<typeof useCallers>; onChoose: (id: number) => void }) {
  if (callers.error) {
    return <Problem of={callers.error} />;
  }
  return (
    <Select label={T.assistant} value={callers.id ?? ""} hint={callers.able.length === 0 ? T.noCaller : undefined} onChange={(event) => onChoose(Number(event.target.value))}>
      {callers.able.map((each) => (
        <option key={each.id} value={each.id}>
          {each.name}
        </option>
      ))}
    </Select>
  );
}
