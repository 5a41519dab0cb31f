import { Fragment, type ReactNode } from "react";

/** A text whose `{names}` are elements. */
export function Rich({ text, with: values }: { text: string; with: Readonly<Record<string, ReactNode>> }) {
  return text.split(/(\{\w+\})/).map((part, index) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    return <Fragment key={index}>{name === undefined ? part : values[name]}</Fragment>;
  });
}
