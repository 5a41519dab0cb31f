import { useEffect, useState } from "react";

/** While somebody types, a question to the server waits for this long a pause. */
const SETTLED_MS = 400;

/** A value that has stopped changing. Values are compared by what they hold. */
export function useSettled<Value>(value: Value): Value {
  const told = JSON.stringify(value);
  const [settled, setSettled] = useState(told);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(told), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [told]);
  return JSON.parse(settled) as Value;
}
