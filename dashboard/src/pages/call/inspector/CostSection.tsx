import { Link } from "@tanstack/react-router";
import type { ConversationDetail } from "../../../client";
import { fill, texts } from "../../../texts";
import { number } from "../../../words/times";
import { type CostTable, costTable } from "./cost-rows";

const T = texts.call.cost;

/** What the call cost by provider; what has no rate is named, since the sum then lacks it. */
export function CostSection({ call }: { call: ConversationDetail }) {
  const table = costTable(call);
  return (
    <section className="call-cost">
      <div className="section-head">
        <h2>{T.title}</h2>
      </div>
      {table ? <Table of={table} /> : <p className="soft small">{T.notCounted}</p>}
    </section>
  );
}

function Table({ of }: { of: CostTable }) {
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">{T.provider}</th>
            <th scope="col">{T.quantity}</th>
            <th scope="col">{of.currency}</th>
          </tr>
        </thead>
        <tbody>
          {of.rows.map((row) => (
            <tr key={row.key}>
              <td title={row.model}>{row.provider}</td>
              <td>
                {number(row.quantity)} {row.unit}
              </td>
              <td>{row.amount ?? T.noRate}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={2}>
              {T.sum}
            </th>
            <td>{of.sum ?? T.noRate}</td>
          </tr>
        </tfoot>
      </table>
      {of.missing.length > 0 && (
        <p className="soft small">
          {fill(T.missing, { what: of.missing.join(", ") })} <Link to="/settings/limits">{T.setRates}</Link>
        </p>
      )}
    </>
  );
}
