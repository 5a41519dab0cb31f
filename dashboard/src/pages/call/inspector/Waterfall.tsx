import { STAGES, type Stage, type StageTimes, longest, totalOf } from "../../../parts/stages";
import { count, fill, texts } from "../../../texts";
import { number } from "../../../words/times";

const T = texts.call;
/** From which difference on a stage is told as the odd one. */
const ODD_MS = 150;

export interface Usual {
  stages: StageTimes;
  totalMs: number;
  replies: number;
}

/** One reply's stages, each where it began; beside it how it differs from the usual. The sum is the bar's length. */
export function Waterfall({ stages, usual, savedMs }: { stages: StageTimes; usual: Usual; savedMs: number }) {
  const total = totalOf(stages);
  const most = longest(stages);
  const startOf = (stage: Stage) => STAGES.slice(0, STAGES.indexOf(stage)).reduce((sum, each) => sum + stages[each], 0);
  return (
    <>
      <table className="waterfall">
        <tbody>
          {STAGES.map((stage) => {
            const odd = stages[stage] - usual.stages[stage] >= ODD_MS;
            return (
              <tr key={stage} data-most={stage === most ? "" : undefined} data-odd={odd ? "" : undefined}>
                <th scope="row">
                  <i data-stage={stage} />
                  {T.stages[stage]}
                </th>
                <td>
                  <span className="fall">
                    <i data-stage={stage} style={{ left: `${(startOf(stage) / total) * 100}%`, width: `max(1px, ${(stages[stage] / total) * 100}%)` }} />
                  </span>
                </td>
                <td className="number">{number(stages[stage])}</td>
                <td className="number difference">{difference(stages[stage], usual.stages[stage])}</td>
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{T.sum}</th>
            <td />
            <td className="number">{number(total)}</td>
            <td className="number difference">{difference(total, usual.totalMs)}</td>
          </tr>
        </tfoot>
      </table>
      <p className="why">
        {T.culprit[most]} {savedMs > 0 && fill(T.saved, { ms: savedMs })} <span className="faint">{count(T.usualOf, usual.replies)}</span>
      </p>
    </>
  );
}

/** +1,272 */
function difference(ms: number, than: number): string {
  return `${ms > than ? "+" : ms < than ? "−" : ""}${number(Math.abs(ms - than))}`;
}
