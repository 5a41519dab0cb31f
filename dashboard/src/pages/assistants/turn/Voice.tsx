import { bars } from "./bars";

/** A stretch of somebody's voice. A ghost was made and never heard. */
export function Voice({ who, from, to, line, most = 34, ghost = false }: { who: "caller" | "agent"; from: number; to: number; line: number; most?: number; ghost?: boolean }) {
  return (
    <g className="voice" data-who={who} data-ghost={ghost ? "" : undefined}>
      {bars(from, to, line, most, who === "agent").map((each) => (
        <rect key={each.x} x={each.x} y={each.y} width={3} height={each.height} />
      ))}
    </g>
  );
}

/** A measured stretch of time, with its words under it. */
export function Span({ from, to, y, children }: { from: number; to: number; y: number; children: string }) {
  return (
    <g className="span">
      <path d={`M${from} ${y - 5}v5H${to}v-5`} />
      <text x={(from + to) / 2} y={y + 13} textAnchor="middle">
        {children}
      </text>
    </g>
  );
}
