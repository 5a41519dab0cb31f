import { STAGES, type StageTimes, inOneLine } from "./stages";

/** Where one reply's time went, in the order in which it went. */
export function StageBar({ turn, stages, width }: { turn: number; stages: StageTimes; width?: string }) {
  const told = inOneLine(turn, stages);
  return (
    <span className="stages" role="img" aria-label={told} title={told} style={width === undefined ? undefined : { width }}>
      {STAGES.filter((stage) => stages[stage] > 0).map((stage) => (
        <i key={stage} data-stage={stage} style={{ flexGrow: stages[stage], flexBasis: 0 }} />
      ))}
    </span>
  );
}
