import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";
import { Problem as ApiProblem } from "../../../api/problem";
import { type AssistantBody, createAssistant } from "../../../client";
import { Area } from "../../../parts/Area";
import { Button } from "../../../parts/Button";
import { Field } from "../../../parts/Field";
import { Problem } from "../../../parts/Problem";
import { WrongFields } from "../../../parts/WrongFields";
import { sentence, texts } from "../../../texts";
import { labelOf } from "../../credentials/declared";
import { CREDENTIALS, PROVIDERS } from "../../credentials/queries";
import { checkedQuery, templatesQuery } from "../queries";
import { useSettled } from "../settled";
import { PartChoice } from "./PartChoice";
import { Templates } from "./Templates";
import { FAMILIES, type Family, LANGUAGES, choicesOf } from "./choices";
import { type Begun, FRESH, inOrder, requestOf } from "./draft";

const T = texts.assistants;

/** A template, a name, a language: everything else is chosen, shown before it is kept, and can be named instead. */
export function NewAssistant({ onDone }: { onDone: () => void }) {
  const [begun, setBegun] = useState<Begun>(FRESH);
  const change = (changed: Partial<Begun>) => setBegun((now) => ({ ...now, ...changed }));
  const queries = useQueryClient();
  const navigate = useNavigate();
  const templates = useQuery(templatesQuery(begun.language));
  const providers = useQuery(PROVIDERS).data ?? [];
  const credentials = useQuery(CREDENTIALS).data ?? [];
  const offered = inOrder(templates.data ?? []);
  const template = begun.template === undefined ? offered.find((each) => each.lacking.length === 0) : offered.find((each) => each.name === begun.template);
  const choices = { stt: choicesOf("stt", providers, credentials), llm: choicesOf("llm", providers, credentials), tts: choicesOf("tts", providers, credentials) };
  const request = requestOf(begun, template, choices);
  const creating = useMutation({
    mutationFn: async () => (await createAssistant({ body: request, throwOnError: true })).data,
    onSuccess: async (saved) => {
      await queries.invalidateQueries({ queryKey: ["assistants"] });
      void navigate({ to: "/assistants/$id", params: { id: String(saved.id) } });
    },
  });
  const settled = useSettled(request);
  const checked = useQuery({ ...checkedQuery(settled), enabled: (creating.isIdle || creating.isError) && settled.template === template?.name && (template.lacking.length === 0 || begun.parts.llm !== undefined || begun.model !== "") });
  const problem = creating.error ?? checked.error;
  const known = problem instanceof ApiProblem ? problem : null;
  const body = checked.error ? undefined : checked.data?.body;
  // What the template lacks stands under it.
  const wrong = (known?.all ?? []).filter((each) => !template?.lacking.some((lacking) => lacking.endsWith(each.problem)));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    creating.mutate();
  };
  return (
    <form className="new-assistant" onSubmit={submit}>
      {templates.error && <Problem of={templates.error} retry={() => void templates.refetch()} />}
      <Templates templates={offered} value={template?.name} onChange={(now) => change({ template: now, variables: {} })} />
      <Field label={T.name} placeholder={template && sentence(T.templates, template.name)} maxLength={100} value={begun.name} wrong={known?.at("name")} onChange={(event) => change({ name: event.target.value })} />
      {Object.entries(template?.variables ?? {})
        .filter(([, text]) => text)
        .map(([name, text]) => (
          <Field
            key={name}
            label={labelOf(name)}
            api={`{{${name}}}`}
            placeholder={text}
            value={begun.variables[name] ?? ""}
            onChange={(event) => change({ variables: { ...begun.variables, [name]: event.target.value } })}
          />
        ))}
      {template?.mind === "model" && (
        <Area label={T.prompt} api="prompt" rows={4} hint={T.promptHint} value={begun.prompt} wrong={known?.at("prompt")} onChange={(event) => change({ prompt: event.target.value })} />
      )}
      <div className="field">
        <label className="field-label" htmlFor="language">
          {T.language}
          <code>language</code>
        </label>
        <select id="language" className="input" value={begun.language} onChange={(event) => change({ language: event.target.value })}>
          {LANGUAGES.map(([tag, name]) => (
            <option key={tag} value={tag}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <div className="parts-chosen">
        {FAMILIES.filter((family) => family !== "llm" || template?.mind === "model").map((family) => (
          <PartChoice
            key={family}
            family={family}
            chosen={nameOf(body, family)}
            choices={choices[family]}
            value={begun.parts[family] ?? ""}
            onChange={(value) => change({ parts: { ...begun.parts, [family]: value } })}
          />
        ))}
      </div>
      {template?.mind === "model" && (
        <Field
          label={T.model}
          api="llm.options.model"
          className="mono"
          spellCheck={false}
          placeholder={String(body?.llm.options?.["model" as never] ?? "")}
          value={begun.model}
          onChange={(event) => change({ model: event.target.value.trim() })}
        />
      )}
      {known && known.all.length > 0 ? <WrongFields wrong={wrong} /> : problem && <Problem of={problem} />}
      <div className="form-foot">
        <Button look="act" type="submit" disabled={creating.isPending || template === undefined}>
          {T.create}
        </Button>
        <Button look="quiet" onClick={onDone}>
          {texts.cancel}
        </Button>
        <p className="hint">{T.answersAtOnce}</p>
      </div>
    </form>
  );
}

function nameOf(body: AssistantBody | undefined, family: Family): string | undefined {
  return body?.[family].name;
}
