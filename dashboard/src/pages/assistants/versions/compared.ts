/** Two versions that are compared, as the address has them: `?a=14&b=15`. */
export interface Compared {
  a?: number;
  b?: number;
}

export function readCompared(search: Readonly<Record<string, unknown>>): Compared {
  const whole = (name: "a" | "b") => (Number.isInteger(search[name]) && Number(search[name]) > 0 ? { [name]: Number(search[name]) } : {});
  return { ...whole("a"), ...whole("b") };
}
