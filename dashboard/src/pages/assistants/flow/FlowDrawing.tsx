import { count, fill, texts } from "../../../texts";
import type { Edge, Graph, Node } from "./graph";

const T = texts.flow;
const WIDTH = 168;
const HEIGHT = 58;
const ACROSS = 208;
const DOWN = 112;
const EDGE = 28;

const left = (node: Node) => EDGE + node.row * ACROSS;
const top = (node: Node) => 12 + node.rank * DOWN;

/** The flow from top to bottom: a state a box, a way an arrow; the one that a call is in is lit. */
export function FlowDrawing({ graph, lit }: { graph: Graph; lit?: string }) {
  const nodes = new Map(graph.nodes.map((each) => [each.name, each]));
  const lost = graph.nodes.filter((each) => !each.reachable);
  const width = EDGE * 2 + graph.rows * ACROSS;
  const height = 24 + graph.ranks * DOWN;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and the keyboard scrolls it too
    <figure className="flow-drawing" data-scroll tabIndex={0} aria-label={T.drawing}>
      <figcaption className="small faint">
        {count(T.states, graph.nodes.length)} {lost.length > 0 && <b data-lost="">{fill(T.lost, { names: lost.map((each) => each.name).join(", ") })}</b>}
      </figcaption>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={count(T.states, graph.nodes.length)}>
        <defs>
          <marker id="flow-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0 8 4 0 8z" />
          </marker>
        </defs>
        {graph.edges.map((edge) => {
          const [from, to] = [nodes.get(edge.from), nodes.get(edge.to)];
          return from && to && <Way key={`${edge.from} ${edge.to}`} edge={edge} from={from} to={to} />;
        })}
        {graph.nodes.map((node) => (
          <Box key={node.name} node={node} lit={node.name === lit} />
        ))}
      </svg>
    </figure>
  );
}

/** So much of what it says fits into a box. */
const SHOWN = 23;

function Box({ node, lit }: { node: Node; lit: boolean }) {
  const [x, y] = [left(node), top(node)];
  return (
    <g className="flow-state" data-kind={node.kind} data-state={node.name} data-lit={lit ? "" : undefined} data-lost={node.reachable ? undefined : ""}>
      <title>{node.says}</title>
      <rect x={x} y={y} width={WIDTH} height={HEIGHT} rx={4} />
      <text x={x + 12} y={y + 20} className="flow-name">
        {node.name}
      </text>
      <text x={x + WIDTH - 10} y={y + 20} textAnchor="end" className="flow-kind">
        {T.kinds[node.kind]}
      </text>
      <text x={x + 12} y={y + 42} className="flow-says">
        {node.says.length > SHOWN ? `${node.says.slice(0, SHOWN - 1)}…` : node.says}
      </text>
    </g>
  );
}

function Way({ edge, from, to }: { edge: Edge; from: Node; to: Node }) {
  const start = [left(from) + WIDTH / 2, top(from) + HEIGHT] as const;
  const end = [left(to) + WIDTH / 2, top(to) - 2] as const;
  const side = left(from) + WIDTH + 2;
  const path = edge.back
    ? `M${side} ${top(from) + HEIGHT / 2} C${side + 34} ${top(from) + HEIGHT / 2} ${left(to) + WIDTH + 36} ${top(to) + HEIGHT / 2} ${left(to) + WIDTH + 2} ${top(to) + HEIGHT / 2}`
    : `M${start[0]} ${start[1]} C${start[0]} ${start[1] + 30} ${end[0]} ${end[1] - 30} ${end[0]} ${end[1]}`;
  const at = edge.back ? ([side + 6, top(from) + HEIGHT / 2 - 6] as const) : ([start[0] + (end[0] - start[0]) * 0.7 + 6, start[1] + (end[1] - start[1]) * 0.62] as const);
  return (
    <g className="flow-way" data-back={edge.back ? "" : undefined}>
      <path d={path} markerEnd="url(#flow-arrow)" />
      {edge.label && (
        <text x={at[0]} y={at[1]}>
          {edge.label}
        </text>
      )}
    </g>
  );
}
